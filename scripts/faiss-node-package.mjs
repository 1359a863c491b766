// Installs packages/faiss-node under the name faiss-node, from a registry and by npm's alias as a user would, into an empty
// project, and runs programs for faiss-node on it: `npm run test:faiss-node`.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, pack, serve, start } from './packages.mjs';
import { fail, root, tool } from './run.mjs';

const folder = join(root, '.cache', 'faiss-node');
const project = join(folder, 'project');

async function install() {
  const packages = [await pack(root, folder), await pack(join(root, 'packages', 'faiss-node'), folder)];
  const registry = await serve(packages);
  mkdirSync(project);
  const dependencies = { 'faiss-node': 'npm:@voronode/faiss-node@^0.5.1' };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const cache = join(folder, 'npm');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await npm(project, 'install', `--registry=${registry.url}`, `--cache=${cache}`, ...options);
  registry.close();
  const { name } = JSON.parse(readFileSync(join(project, 'node_modules', 'faiss-node', 'package.json'), 'utf8'));
  if (name !== '@voronode/faiss-node') fail(`${name} was installed as faiss-node`);
}

/** The program in TypeScript as typescript.cjs and typescript.mjs; its types also for bundlers. */
function compile() {
  for (const kind of ['cts', 'mts']) cpSync(join(project, 'typescript.ts'), join(project, `typescript.${kind}`));
  const shared = { target: 'es2022', strict: true, types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] };
  const ways = {
    nodenext: { ...shared, module: 'nodenext' },
    node16: { ...shared, module: 'node16', noEmit: true },
    bundler: { ...shared, module: 'preserve', moduleResolution: 'bundler', noEmit: true },
  };
  for (const [way, compilerOptions] of Object.entries(ways)) {
    const config = join(project, `${way}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ['typescript.cts', 'typescript.mts'] }));
    if (!tool('typescript/bin/tsc', '-p', config)) fail(`the declarations do not serve moduleResolution ${way}`);
  }
}

rmSync(folder, { recursive: true, force: true });
await install();
cpSync(join(root, 'test', 'faiss_node', 'programs'), project, { recursive: true });
compile();
const programs = ['commonjs.cjs', 'module.mjs', 'typescript.cjs', 'typescript.mjs'];
for (const program of programs) await start(process.execPath, [program], { cwd: project });
if (!tool('publint/src/cli.js', '--strict', join(root, 'packages', 'faiss-node'))) fail('publint objects');
console.log(`faiss-node-package: ${programs.length} programs for faiss-node run on @voronode/faiss-node`);
