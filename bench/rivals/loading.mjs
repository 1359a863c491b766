// The packages whose loading is measured (start.mjs): where each lies, as its users get it, as far as that is possible.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTarball, thisTarget } from '../../scripts/smoke/pack.mjs';
import { makeProject } from '../../scripts/smoke/project.mjs';
import { cacheFolder } from '../data.mjs';
import { packageVersion } from '../machine.mjs';
import { peer, peerPath } from './peers.mjs';

const FAISS_NODE = '0.5.1';
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** The packed package: with the prebuilt binary for this machine if there is one, else with that of build/Release. */
async function ours() {
  const folder = cacheFolder('bench-start');
  rmSync(folder, { recursive: true });
  const prebuilt = existsSync(fileURLToPath(new URL(`../../prebuilds/${thisTarget()}`, import.meta.url)));
  const project = makeProject(folder);
  await project.install(await findTarball(undefined, !prebuilt, folder));
  const note = prebuilt ? undefined : 'with the binary of build/Release, as there is no prebuilt one here';
  return { name: 'voronode', version: packageVersion, path: join(folder, 'node_modules/voronode'), note };
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
    if (!install(folder)) {
      if (!install(folder, '--ignore-scripts')) throw new Error('npm could not install it');
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

/** By title: each gives { name, version, path, note }, or throws the reason why it cannot be measured. */
export const packages = { voronode: ours, usearch, [`faiss-node ${FAISS_NODE}`]: faissNode };

function install(folder, ...more) {
  const options = ['--prefix', folder, '--no-save', '--no-fund', '--no-audit', '--loglevel=silent', ...more];
  const windows = process.platform === 'win32';
  const [command, ...args] = [
    ...(windows ? ['cmd', '/c'] : []),
    'npm',
    'install',
    `faiss-node@${FAISS_NODE}`,
    ...options,
  ];
  return spawnSync(command, args, { cwd: folder, stdio: 'ignore' }).status === 0;
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
  const includes = [join(folder, 'node_modules/node-addon-api'), join(modules, 'node-api-headers/include')];
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
