// Builds the API reference from the docstrings of lib/ and the pages of docs/, below build-docs/: `npm run docs`.
//
//   node scripts/docs.mjs [--out folder]
//
// Fails on any warning: an exported name without a docstring, a link that leads nowhere, a type that is used but not
// exported. The entry points are those of package.json. TypeDoc reads sources through the JavaScript API of TypeScript,
// which TypeScript 7 has not: an older one is installed beside TypeDoc, by its own lock file, below .cache/docs.
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, newest, npm, root, succeeds } from './run.mjs';

const TOOLS = '.cache/docs';
const { values: options } = parseArgs({ options: { out: { type: 'string', default: 'build-docs' } } });

function installTools() {
  if (newest(`${TOOLS}/node_modules/.package-lock.json`) >= newest('scripts/docs/package-lock.json')) return;
  mkdirSync(join(root, TOOLS), { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    cpSync(join(root, 'scripts/docs', name), join(root, TOOLS, name));
  }
  npm('ci', '--ignore-scripts', '--no-fund', '--no-audit', '--prefix', join(root, TOOLS));
}

/** lib/index.ts for './dist/index.d.ts', and so on for every entry point of the package. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const declarations = Object.values(exports).flatMap((entry) => entry.require?.types ?? []);
  return declarations.map((path) => path.replace(/^\.\/dist\/(.*)\.d\.ts$/, 'lib/$1.ts'));
}

installTools();
const args = ['--options', 'scripts/docs/typedoc.json', '--tsconfig', 'tsconfig.json', '--out', options.out];
for (const path of entryPoints()) args.push('--entryPoints', path);
if (!succeeds(process.execPath, [join(root, TOOLS, 'node_modules/typedoc/bin/typedoc'), ...args])) {
  fail('the reference did not build; the output above says why');
}
