// Installs packages/faiss-node under the name faiss-node, from a registry and by npm's alias as a user would, into an empty
// project, and runs programs for faiss-node on it: `npm run test:faiss-node [-- <tarball of voronode>]`.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packBoth, serve } from './packed.mjs';
import { fail, root, tool } from './run.mjs';
import { must, mustPrint } from './smoke/outcome.mjs';
import { makeProject } from './smoke/project.mjs';

async function install(project, packages) {
  const registry = await serve(packages);
  project.write('package.json', { private: true, dependencies: { 'faiss-node': 'npm:@voronode/faiss-node@^0.5.1' } });
  await project.npm('install', `--registry=${registry.url}`, '--ignore-scripts');
  registry.close();
  const { name } = JSON.parse(project.read('node_modules/faiss-node/package.json'));
  must(name === '@voronode/faiss-node', `${name} was installed as faiss-node`);
}

/** The program in TypeScript as typescript.cjs and typescript.mjs; its types also for bundlers. */
function compile(project) {
  const source = join(project.folder, 'typescript.ts');
  for (const kind of ['cts', 'mts']) cpSync(source, join(project.folder, `typescript.${kind}`));
  const shared = { target: 'es2022', strict: true, types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] };
  const ways = {
    nodenext: { ...shared, module: 'nodenext' },
    node16: { ...shared, module: 'node16', noEmit: true },
    bundler: { ...shared, module: 'preserve', moduleResolution: 'bundler', noEmit: true },
  };
  for (const [way, compilerOptions] of Object.entries(ways)) {
    project.write(`${way}.json`, { compilerOptions, files: ['typescript.cts', 'typescript.mts'] });
    const compiled = tool('typescript/bin/tsc', '-p', join(project.folder, `${way}.json`));
    must(compiled, `the declarations do not serve moduleResolution ${way}`);
  }
}

const programs = { commonjs: ['cjs'], module: ['mjs'], typescript: ['cjs', 'mjs'] };

const folder = mkdtempSync(join(tmpdir(), 'voronode-faiss-node-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
try {
  mkdirSync(join(folder, 'packed'));
  const { voronode, faissNode } = await packBoth(process.argv[2], join(folder, 'packed'));
  const project = makeProject(join(folder, 'project'));
  await install(project, [voronode, faissNode]);
  cpSync(join(root, 'test', 'faiss_node', 'programs'), project.folder, { recursive: true });
  compile(project);
  for (const [name, endings] of Object.entries(programs)) {
    for (const ending of endings) mustPrint(await project.run(process.execPath, [`${name}.${ending}`]), name);
  }
  must(tool('publint/src/cli.js', '--strict', join(root, 'packages', 'faiss-node')), 'publint objects');
} catch (error) {
  fail(error.message);
}
console.log(
  'faiss-node-package: programs for faiss-node in CommonJS, ES modules and TypeScript run on @voronode/faiss-node',
);
