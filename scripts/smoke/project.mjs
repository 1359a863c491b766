// An empty project of somebody else, in a folder that has nothing to do with this repository: an empty npm cache, a home of
// its own, and a PATH on which there is one Node, npm, and nothing else. No compiler, no Python, no CMake.
import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, find } from '../run.mjs';
import { runProgram } from './program.mjs';

const windows = process.platform === 'win32';
const programs = fileURLToPath(new URL('programs', import.meta.url));

/** What a process needs on Windows to start at all, and how npm reaches its registry. */
const KEPT = ['SystemRoot', 'TEMP', 'TMP', 'PATHEXT', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'];

/** The file npm-cli.js of the npm that runs this, or else of the one on the PATH. */
function npmProgram() {
  const given = process.env.npm_execpath ?? '';
  if (given.endsWith('npm-cli.js')) return given;
  const onPath = find('npm');
  if (onPath === undefined) fail('npm is not on the PATH');
  return windows ? join(dirname(onPath), 'node_modules/npm/bin/npm-cli.js') : realpathSync(onPath);
}

/**
 * @param {string} folder where to make it
 * @param {{ node?: string }} [options] the Node that is on its PATH
 */
export function makeProject(folder, { node = process.execPath } = {}) {
  const npm = npmProgram();
  const bin = join(folder, '.bin');
  mkdirSync(bin, { recursive: true });
  if (!windows) {
    symlinkSync(node, join(bin, 'node'));
    symlinkSync(npm, join(bin, 'npm'));
  }
  const kept = KEPT.flatMap((name) => [name, name.toLowerCase()]).filter((name) => process.env[name] !== undefined);
  const env = {
    ...Object.fromEntries(kept.map((name) => [name, process.env[name]])),
    PATH: windows ? [dirname(node), join(process.env.SystemRoot ?? '', 'System32')].join(delimiter) : bin,
    HOME: join(folder, '.home'),
    USERPROFILE: join(folder, '.home'),
    npm_config_cache: join(folder, '.npm-cache'),
    npm_config_registry: process.env.npm_config_registry ?? 'https://registry.npmjs.org/',
    npm_config_audit: 'false', // the only thing for which npm would ask the registry
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  mkdirSync(env.HOME);
  const write = (name, content) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  };
  write('package.json', { name: 'app', version: '1.0.0', private: true });

  return {
    folder,
    env,
    node,
    write,
    exists: (name) => existsSync(join(folder, name)),
    read: (name) => readFileSync(join(folder, name), 'utf8'),

    /** Copies programs of scripts/smoke/programs/ into it. */
    copy(...names) {
      for (const name of names) copyFileSync(join(programs, name), join(folder, name));
    },

    /** Installs a tarball as `npm i ./voronode-….tgz --ignore-scripts` does. */
    install: (tarball) => runProgram(node, [npm, 'install', tarball, '--ignore-scripts'], { cwd: folder, env }),

    /** Runs npm in it. */
    npm: (...args) => runProgram(node, [npm, ...args], { cwd: folder, env }),

    /** Runs npm in it where it needs more than it has in its environment. */
    npmWith: (more, ...args) => runProgram(node, [npm, ...args], { cwd: folder, env: { ...env, ...more } }),

    /** Runs a program in it, with the project's environment and nothing of this process's. */
    run: (command, args, more = {}) =>
      runProgram(command, args, { cwd: more.cwd ?? folder, env: { ...env, ...more.env } }),
  };
}
