// The package as a program finds it after `npm install`: loaded in every way, typed, in worker threads.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.mjs';
import { mustPrint } from './outcome.mjs';

const INSTALL_LIMIT = 5; // seconds, for the installation and the first search

/** Each program and what it prints when all was right. */
export const uses = {
  'require.cjs': 'require: found',
  'import.mjs': 'import: found',
  'both.mjs': 'both: same classes',
  'worker.mjs': 'worker: same answers',
};

/** A machine that stalls is no fault of the package: the best of three counts. */
async function install(given) {
  const tried = [];
  while (tried.length < 3) {
    const { seconds, first } = await installAndSearch(given);
    tried.push(seconds);
    if (seconds >= INSTALL_LIMIT) continue;
    const before = tried.length > 1 ? ` (before: ${tried.slice(0, -1).map((each) => `${each.toFixed(1)} s`)})` : '';
    return `npm i ${(seconds - first).toFixed(2)} s, search ${first.toFixed(2)} s; allowed ${INSTALL_LIMIT} s${before}`;
  }
  throw new Error(`took ${tried.map((each) => `${each.toFixed(1)} s`).join(', ')}, not under ${INSTALL_LIMIT} s`);
}

/** Seconds of both together, and of the program that searches. */
async function installAndSearch({ tarball, project }) {
  const app = project();
  app.copy('require.cjs');
  const start = performance.now();
  await app.install(tarball);
  const installed = performance.now();
  mustPrint(await app.run(app.node, ['require.cjs']), uses['require.cjs']);
  const end = performance.now();
  return { seconds: (end - start) / 1000, first: (end - installed) / 1000 };
}

const use = (program) => async (given) => {
  const app = given.project();
  await app.install(given.tarball);
  app.copy(program);
  const start = performance.now();
  mustPrint(await app.run(app.node, [program]), uses[program]);
  return `the program ${((performance.now() - start) / 1000).toFixed(2)} s`;
};

/** Compiles with the project's TypeScript, strictly and with the declarations of libraries, and runs what comes out. */
const types = (options, files) => async (given) => {
  const app = given.project();
  await app.install(given.tarball);
  app.copy(...files);
  symlinkSync(join(root, 'node_modules/@types'), join(app.folder, 'node_modules/@types'), 'junction');
  const compilerOptions = { target: 'es2022', types: ['node'], strict: true, skipLibCheck: false, ...options };
  app.write('tsconfig.json', { compilerOptions: { ...compilerOptions, outDir: 'out' }, files });
  await app.run(app.node, [join(root, 'node_modules/typescript/bin/tsc')]);
  for (const file of files) {
    mustPrint(await app.run(app.node, [join('out', file.replace('ts', 'js'))]), 'types: found');
  }
};

export const useChecks = [
  { name: 'install', quick: true, what: 'empty cache, no compiler, no scripts; then a search', run: install },
  { name: 'require', quick: true, what: 'CommonJS', run: use('require.cjs') },
  { name: 'import', quick: true, what: 'ES module', run: use('import.mjs') },
  { name: 'both', quick: true, what: 'import and require, instanceof across', run: use('both.mjs') },
  { name: 'worker', quick: true, what: 'two worker threads, one terminated', run: use('worker.mjs') },
  {
    name: 'types-node16',
    quick: true,
    what: 'TypeScript, moduleResolution node16',
    run: types({ module: 'node16', moduleResolution: 'node16' }, ['types.mts', 'types.cts']),
  },
  {
    name: 'types-bundler',
    quick: true,
    what: 'TypeScript, moduleResolution bundler',
    run: types({ module: 'esnext', moduleResolution: 'bundler' }, ['types.mts']),
  },
];
