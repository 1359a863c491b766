// Compiles lib/ to dist/, or to another folder: `npm run build:lib [-- <folder>]`.
//
// tsc checks, and writes the declarations. esbuild puts the code into one file for each entry point, as every file more is
// time to load: Node looks for each import, and for thirty of them V8 compiles Node's functions of paths for speed (4 MB).
// Names and lines stay readable in stack traces. voronode/faiss-node requires index.js, so that there is one of each class,
// and the .mjs faces re-export the same, by name: that of index.js is written here, so that no list of names is kept twice.
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { exportedNames } from './exported-names.mjs';
import { fail, root, tool } from './run.mjs';

const out = resolve(process.argv[2] ?? 'dist');
rmSync(out, { recursive: true, force: true });
if (!tool('typescript/bin/tsc', '-p', 'tsconfig.json', '--outDir', out)) {
  fail('lib/ did not compile; the output above says why');
}
const shared = { absWorkingDir: root, outdir: out, platform: 'node', target: 'es2022', logLevel: 'warning' };
await build({
  ...shared,
  entryPoints: ['lib/index.ts', 'lib/faiss_node.ts'],
  format: 'cjs',
  bundle: true,
  external: ['./index.js', '*.node'],
});
await build({
  ...shared,
  entryPoints: ['lib/faiss_node.mts'],
  format: 'esm',
  outExtension: { '.js': '.mjs' },
});

const names = exportedNames('lib/index.ts');
for (const [file, list] of [
  ['index.mjs', names.filter((name) => !name.startsWith('type '))],
  ['index.d.mts', names],
]) {
  writeFileSync(join(out, file), `export { ${list.join(', ')} } from './index.js';\n`);
}
