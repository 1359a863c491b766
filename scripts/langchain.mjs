// Runs LangChain's FaissStore, as published, on voronode: `npm run test:langchain [-- <tarball of voronode>]`.
//
// The packages of test/langchain/package-lock.json are installed into .cache/langchain, unless they are there; voronode and
// packages/faiss-node are packed and unpacked beside them, the latter under the name faiss-node (how npm does that is
// tested by faiss-node-package.mjs).
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packBoth } from './packed.mjs';
import { fail, newest, npm, root, run, tool } from './run.mjs';

const project = join(root, '.cache', 'langchain');

function install() {
  if (newest('.cache/langchain/node_modules/.package-lock.json') >= newest('test/langchain/package-lock.json')) return;
  npm('ci', '--prefix', project, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline');
}

function unpack({ path }, name) {
  const into = join(project, 'node_modules', name);
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into);
  run('tar', ['-xzf', path, '-C', into, '--strip-components=1']);
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

cpSync(join(root, 'test', 'langchain'), project, { recursive: true });
cpSync(join(root, 'test', 'golden', 'langchain'), join(project, 'golden'), { recursive: true });
install();
const folder = mkdtempSync(join(tmpdir(), 'voronode-langchain-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const { voronode, faissNode } = await packBoth(process.argv[2], folder);
unpack(voronode, 'voronode');
unpack(faissNode, 'faiss-node');
checkTypes();
run(process.execPath, ['--test', '--test-reporter=spec', join(project, 'faiss_store.test.mjs')]);
