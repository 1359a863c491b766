// The packages whose loading is measured (start.mjs): where each lies, as its users get it, as far as that is possible.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../data.mjs';
import { expected } from '../expected.mjs';
import { packageVersion } from '../machine.mjs';
import { peer, peerPath } from './peers.mjs';

const FAISS_NODE = '0.5.1';
const OPTIONS = ['--no-save', '--no-fund', '--no-audit', '--loglevel=silent'];
const BUILT = 'build/Release/voronode.node';
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The packed package, with the prebuilt binaries or, where there are none, that of build/Release. */
export async function ours() {
  const folder = cacheFolder('bench-start');
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  const packed = npm(root, 'pack', '--pack-destination', folder) || npm(root, 'run', 'pack:local', '--', folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (!packed || !tarball || !npm(folder, 'install', `./${tarball}`, '--prefix', folder, ...OPTIONS)) {
    throw expected('npm could not pack and install this package; npm pack tells why');
  }
  const it = { name: 'voronode', version: packageVersion, path: join(folder, 'node_modules/voronode') };
  if (spawnSync(process.execPath, ['-e', `require(${JSON.stringify(it.path)})`]).status === 0) return it;
  const env = { VORONODE_BINARY: join(root, BUILT) };
  return { ...it, env, note: 'with the binary of build/Release, as there is no prebuilt one for this machine here' };
}

async function usearch() {
  const { version } = peer('usearch');
  return { name: 'usearch', version, path: peerPath('usearch') };
}

/**
 * faiss-node with the binary that its install script downloads from GitHub or, where it cannot, with one built from its
 * source and Debian's libfaiss-dev.
 */
async function faissNode() {
  const folder = cacheFolder('bench-faiss-node');
  const path = join(folder, 'node_modules/faiss-node');
  const note = join(folder, 'built-from-source');
  if (!existsSync(join(path, 'build/Release/faiss-node.node'))) {
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, allowScripts: { 'faiss-node': true } }),
    );
    const wanted = ['install', `faiss-node@${FAISS_NODE}`, '--prefix', folder, ...OPTIONS];
    if (!npm(folder, ...wanted)) {
      if (!npm(folder, ...wanted, '--ignore-scripts')) throw new Error('npm could not install it');
      build(path, folder);
      writeFileSync(note, '');
    }
  }
  const built = existsSync(note)
    ? "built from its source against Debian's Faiss 1.7.3, as its own binary could not be downloaded; that one brings Faiss 1.7.4 " +
      'and another BLAS'
    : undefined;
  return { name: 'faiss-node', version: FAISS_NODE, path, note: built };
}

/** By the name in --rivals. Each gives { name, version, path, note }, or throws the reason why it cannot be measured. */
export const rivals = { usearch, faiss: faissNode };

function npm(cwd, ...args) {
  const windows = process.platform === 'win32';
  const [command, ...all] = [...(windows ? ['cmd', '/c'] : []), 'npm', ...args];
  return spawnSync(command, all, { cwd, stdio: 'ignore' }).status === 0;
}

function build(path, folder) {
  if (!existsSync('/usr/include/faiss/Index.h')) {
    throw new Error('its binary could not be downloaded, and there is no libfaiss-dev to build its source with');
  }
  // In Faiss 1.7.3 the type of ids is still a member of Index.
  const header = join(folder, 'idx_t.h');
  writeFileSync(header, '#include <faiss/Index.h>\nnamespace faiss { using idx_t = Index::idx_t; }\n');
  const out = join(path, 'build/Release/faiss-node.node');
  mkdirSync(dirname(out), { recursive: true });
  const includes = [join(folder, 'node_modules/node-addon-api'), join(root, 'node_modules/node-api-headers/include')];
  const args = [
    '-O2',
    '-std=c++17',
    '-shared',
    '-fPIC',
    '-fopenmp',
    '-DNAPI_VERSION=8',
    '-DNAPI_CPP_EXCEPTIONS',
    '-w',
    '-s',
  ];
  const paths = ['-include', header, ...includes.map((each) => `-I${each}`), join(path, 'src/faiss.cc'), '-o', out];
  const { status, stderr } = spawnSync('g++', [...args, ...paths, '-lfaiss', '-llapack', '-lblas'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`its source did not build with Debian's Faiss: ${stderr?.split('\n', 1)[0]}`);
}
