// Runs LangChain's FaissStore, as published, on voronode: `npm run test:langchain`.
//
// The packages of test/langchain/package-lock.json are installed into .cache/langchain, unless they are there; voronode and
// packages/faiss-node are packed and unpacked beside them, the latter under the name faiss-node (how npm does that is
// tested by faiss-node-package.mjs).
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, pack, start } from './packages.mjs';
import { fail, newest, root, tool } from './run.mjs';

const TESTS = join(root, 'test', 'langchain');
const project = join(root, '.cache', 'langchain');
const modules = join(project, 'node_modules');

async function install() {
  if (newest('.cache/langchain/node_modules/.package-lock.json') >= newest('test/langchain/package-lock.json')) return;
  // Of what LangChain asks for beside it, the store needs nothing; with it there would be some hundred packages more.
  const options = ['--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await npm(project, 'ci', ...options);
}

async function unpack(folder, name) {
  const { path } = await pack(folder, project);
  const into = join(modules, name);
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into);
  await start('tar', ['-xzf', path, '-C', into, '--strip-components=1']);
}

function checkTypes() {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    skipLibCheck: true, // LangChain's own refer to packages that are not installed
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
    allowJs: true,
  };
  const config = join(project, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ['typed.mts'] }));
  if (!tool('typescript/bin/tsc', '-p', config)) fail("LangChain's declarations do not take those of faiss-node");
}

mkdirSync(project, { recursive: true });
cpSync(TESTS, project, { recursive: true });
cpSync(join(root, 'test', 'golden', 'langchain'), join(project, 'golden'), { recursive: true });
await install();
await unpack(root, 'voronode');
await unpack(join(root, 'packages', 'faiss-node'), 'faiss-node');
checkTypes();
await start(process.execPath, ['--test', '--test-reporter=spec', 'faiss_store.test.mjs'], { cwd: project });
