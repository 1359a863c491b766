// Checks what the package shows, ESM and CommonJS, values and types, after the addon and dist/ are built:
// `npm run check:exports`.
//
// - dist/index.mjs, which build-lib.mjs writes, has the values of lib/index.ts, and dist/index.d.mts its types, too;
//   lib/faiss_node.mts has the values of lib/faiss_node.ts (their types are checked by test/types/);
// - `import` and `require` give the same objects, so that instanceof holds across them;
// - the declarations resolve and say the same for each way of resolving modules.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { exportedNames } from './exported-names.mjs';
import { fail, root, tool } from './run.mjs';

/** The default is apart: the module systems have ideas of their own about it. */
const valuesOf = (names) => names.filter((name) => name !== 'default' && !name.startsWith('type '));

/** What `require` and `import` give for a name of the exports map; the names but for those of the module systems. */
async function load(specifier) {
  const [required, imported] = [createRequire(import.meta.url)(specifier), await import(specifier)];
  const namesOf = (found) =>
    Object.keys(found)
      .filter((key) => key !== 'default' && key !== 'module.exports')
      .sort();
  const [names, importedNames] = [namesOf(required), namesOf(imported)];
  if (names.join() !== importedNames.join())
    fail(`import gives ${importedNames.join(', ')}, require ${names.join(', ')}`);
  for (const name of names) {
    if (required[name] !== imported[name]) fail(`${name} of import and of require are two objects`);
    // Bundling may rename what it moves; stack traces and messages show the names.
    if (typeof required[name] === 'function' && required[name].name !== name)
      fail(`${name} is named ${required[name].name}`);
  }
  return { required, imported, names };
}

async function checkFaissNode() {
  const { required, imported, names } = await load('voronode/faiss-node');
  for (const { default: whole } of [required, imported]) {
    if (names.some((name) => whole[name] !== required[name])) fail('voronode/faiss-node is not its own default');
  }
  if (readFileSync(join(root, 'dist/faiss_node.js'), 'utf8').includes('prebuilds'))
    fail('voronode/faiss-node has a copy of voronode in it, with classes of its own');
  return names.length;
}

async function checkValues(names) {
  const { required, imported, names: found } = await load('voronode');
  const expected = valuesOf(names);
  for (const { default: whole } of [required, imported]) {
    if (expected.some((name) => whole[name] !== required[name])) fail('voronode is not its own default');
  }
  if (found.join() !== expected.join()) fail(`require gives ${found.join(', ')}, not ${expected.join(', ')}`);
  if (!(new required.IndexFlatL2(2) instanceof imported.Index))
    fail('instanceof does not hold across import and require');
  return expected.length;
}

/** A program that uses every name, and one index for its types; a wrong or missing declaration does not compile. */
function consumer(names) {
  const values = valuesOf(names);
  const types = names.filter((name) => name.startsWith('type ')).map((name) => name.slice(5));
  return `import { ${values.join(', ')} } from 'voronode';
import type * as voronode from 'voronode';
import whole from 'voronode';
export const values = [${values.join(', ')}];
export const same: boolean = new whole.IndexFlatL2(2) instanceof whole.Index;
// @ts-expect-error: the default has a type
export const absent = whole.IndexFlatL3;
${types.map((name, i) => `export type T${i} = voronode.${name};`).join('\n')}
export async function search(): Promise<bigint | undefined> {
  const index: voronode.Index = new IndexIDMap(new IndexFlatL2(2));
  await index.addWithIds(Float32Array.of(1, 2), [7n]);
  const found: voronode.SearchResult = await index.search(Float32Array.of(1, 2), 1);
  // @ts-expect-error: a string is no vector; a package typed as any would let it pass
  index.searchSync('vector', 1);
  return found.row(0).labels[0];
}
`;
}

function checkTypes(names) {
  const folder = join(root, 'build-exports');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, 'consumer.mts'), consumer(names));
  writeFileSync(join(folder, 'consumer.cts'), consumer(names));
  const ways = ['node16', 'nodenext', 'bundler'];
  for (const way of ways) {
    const config = join(folder, `${way}.json`);
    const compilerOptions = {
      module: way === 'bundler' ? 'preserve' : way,
      moduleResolution: way,
      target: 'es2022',
      lib: ['es2022'],
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    };
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ['consumer.mts', 'consumer.cts'] }));
    if (!tool('typescript/bin/tsc', '-p', config)) fail(`the declarations do not serve moduleResolution ${way}`);
  }
  return ways.length;
}

const names = exportedNames('lib/index.ts');
const values = await checkValues(names);
const faissNode = await checkFaissNode();
const ways = checkTypes(names);
console.log(
  `check-exports: ${values} values, ${names.filter((name) => name.startsWith('type ')).length} types, the same by import and require; ${ways} resolutions; ${faissNode} values of voronode/faiss-node`,
);
