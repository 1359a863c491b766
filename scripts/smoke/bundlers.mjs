// Bundlers, each with the configuration that docs/bundlers.md shows: the files and commands are taken from that page. What
// comes out is moved to another folder, with what the page says must go with it, and run there.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromNpm } from '../from-npm.mjs';
import { root } from '../run.mjs';
import { must, mustPrint, notInstalled } from './outcome.mjs';
import { uses as plain } from './use.mjs';

/** What a bundle prints: the programs of use.mjs, and one with a dependency. */
const uses = { ...plain, 'service.mjs': 'service: found' };
/** What the programs need besides voronode. */
const dependencies = { 'service.mjs': { fastify: '5.12.8' } };

/** What a user installs for each. */
const packages = {
  esbuild: { esbuild: '0.28.2' },
  vite: { vite: '8.3.8' },
  webpack: { webpack: '5.112.2', 'webpack-cli': '7.3.1', 'node-loader': '2.1.0' },
};

/**
 * The blocks of docs/bundlers.md that follow `<!-- <check>: <file> -->`, or `<!-- <check>: run -->` for commands.
 * @returns {{ files: Record<string, string>, commands: string[][] }}
 */
export function documented(check, page = readFileSync(join(root, 'docs/bundlers.md'), 'utf8')) {
  const blocks = [...page.matchAll(/<!-- (\S+): (\S+) -->\n+```\w+\n([\s\S]*?)```/g)];
  const own = blocks.filter(([, name]) => name === check);
  must(own.length > 0, `docs/bundlers.md has no block for ${check}`);
  const isCommands = ([, , name]) => name === 'run';
  return {
    files: Object.fromEntries(own.filter((block) => !isCommands(block)).map(([, , name, text]) => [name, text])),
    commands: own
      .filter(isCommands)
      .flatMap(([, , , text]) => text.trim().split('\n'))
      .map((line) => line.split(' ')),
  };
}

/** The script that `npx <name>` runs. */
function script(folder, name) {
  const owner = name === 'webpack' ? 'webpack-cli' : name;
  const { bin } = JSON.parse(readFileSync(join(folder, 'node_modules', owner, 'package.json'), 'utf8'));
  return join(folder, 'node_modules', owner, typeof bin === 'string' ? bin : bin[owner]);
}

/**
 * @param {keyof packages} bundler
 * @param {string} entry a program of use.mjs, which the page calls app with its extension
 * @param {string[]} moved what is taken along, as the page says
 */
const bundle = (bundler, entry, moved) => async (given) => {
  const folder = fromNpm(bundler, packages[bundler]);
  if (folder === undefined) throw notInstalled(bundler);
  const { files, commands } = documented(given.name);
  const app = given.project();
  await app.install(given.tarball);
  for (const name of Object.keys(packages[bundler])) {
    symlinkSync(join(folder, 'node_modules', name), join(app.folder, 'node_modules', name), 'junction');
  }
  addDependencies(app, entry);
  app.copy(entry);
  renameSync(join(app.folder, entry), join(app.folder, entry.replace(/^\w+/, 'app')));
  for (const [name, text] of Object.entries(files)) app.write(name, text);
  for (const [program, name, ...args] of commands) {
    must(['npx', 'node'].includes(program), `the commands for ${given.name} must begin with npx or node`);
    await app.run(app.node, [program === 'npx' ? script(folder, name) : name, ...args]);
  }

  const elsewhere = given.project();
  for (const path of moved) {
    mkdirSync(dirname(join(elsewhere.folder, path)), { recursive: true });
    cpSync(join(app.folder, path), join(elsewhere.folder, path), { recursive: true });
  }
  rmSync(app.folder, { recursive: true }); // or the bundle might find its files there
  const out = join(elsewhere.folder, outputOf(elsewhere));
  mustPrint(await elsewhere.run(elsewhere.node, [out], { cwd: dirname(elsewhere.folder) }), uses[entry]);
  return `moved ${moved.join(' and ')}`;
};

function addDependencies(app, entry) {
  if (dependencies[entry] === undefined) return;
  const [name] = Object.keys(dependencies[entry]);
  const folder = fromNpm(name, dependencies[entry]);
  if (folder === undefined) throw notInstalled(name);
  cpSync(join(folder, 'node_modules'), join(app.folder, 'node_modules'), { recursive: true });
}

function outputOf(project) {
  const found = ['dist/app.mjs', 'dist/app.cjs', 'dist/app.js'].find((path) => project.exists(path));
  must(found !== undefined, 'there is no dist/app.mjs, .cjs or .js');
  return found;
}

const BESIDE = ['dist', 'node_modules/voronode'];
const ALL = ['dist', 'node_modules'];

export const bundlerChecks = [
  { name: 'esbuild-external', quick: true, what: 'esbuild, left out', run: bundle('esbuild', 'service.mjs', ALL) },
  { name: 'esbuild-bundled', what: 'esbuild, others bundled', run: bundle('esbuild', 'service.mjs', BESIDE) },
  { name: 'esbuild-copy', what: 'esbuild, binaries copied', run: bundle('esbuild', 'require.cjs', ['dist']) },
  { name: 'webpack-externals', what: 'webpack, left out', run: bundle('webpack', 'import.mjs', BESIDE) },
  { name: 'webpack-node-loader', what: 'webpack, binaries copied', run: bundle('webpack', 'import.mjs', ['dist']) },
  { name: 'vite-ssr', what: 'Vite SSR, left out', run: bundle('vite', 'import.mjs', BESIDE) },
];
