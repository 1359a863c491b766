// What the scripts share: running programs, finding them, looking at file times. No dependencies: setup.mjs runs before
// `npm ci`.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Ends the script with a message instead of a stack trace. */
export function fail(message) {
  console.error(`\nvoronode: ${message}\n`);
  process.exit(1);
}

/** Runs a program in the root with its output shown; true when it exits with 0. */
export function succeeds(command, args, env = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (result.error) console.error(`${command}: ${result.error.message}`);
  if (result.signal) console.error(`${command}: ended by ${result.signal}`);
  return result.status === 0;
}

/** Runs a program as `succeeds` does and ends the script if it fails. */
export function run(command, args, env = {}) {
  if (!succeeds(command, args, env)) fail(`failed: ${[command, ...args].join(' ')}`);
}

/** Runs a development package's program on this Node; true when it exits with 0. */
export function tool(path, ...args) {
  return succeeds(process.execPath, [join(root, 'node_modules', path), ...args]);
}

/** The program and the arguments that start npm: the npm that runs this script, if there is one. */
export function npmCommand(...args) {
  const cli = process.env.npm_execpath ?? '';
  if (basename(cli) === 'npm-cli.js') return [process.execPath, cli, ...args];
  return process.platform === 'win32' ? ['cmd', '/c', 'npm', ...args] : ['npm', ...args];
}

/** Runs npm with its output shown; true when it exits with 0. */
export function npmSucceeds(...args) {
  const [command, ...all] = npmCommand(...args);
  return succeeds(command, all);
}

/** Runs npm and ends the script if it fails. */
export function npm(...args) {
  if (!npmSucceeds(...args)) fail(`failed: npm ${args.join(' ')}`);
}

/** Where the first of the named programs lies on the PATH, or undefined. */
export function find(...names) {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const folders = ['', ...(process.env.PATH ?? '').split(delimiter)];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name + suffix)));
  return paths.find((path) => isAbsolute(path) && isProgram(path));
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The time of the newest file in or at the given paths (relative to the root), 0 if there is none. */
export function newest(...paths) {
  const times = paths
    .map((path) => join(root, path))
    .filter((path) => existsSync(path))
    .flatMap((path) => [path, ...(statSync(path).isDirectory() ? below(path) : [])])
    .map((path) => statSync(path).mtimeMs);
  return Math.max(0, ...times);
}

function below(folder) {
  return readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
}
