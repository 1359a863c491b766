// The ways to build the C++ tests with CMake, each in its own folder build-<way>/.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { find, root, run } from './run.mjs';

/** The tests of what has threads, as a part of a regular expression on their names. */
const WITH_THREADS = [
  'base_.*|clustering_.*|transform_.*|.*concurrency|differential|storage_(id_table|key_table|direct_map|inverted_lists|row_numbers)|io_(save|stale)',
  'index_(flat.*|id_map|merge|refine.*|sparse_filter)|ivf_search|filter_selector',
].join('|');
/** Those of what touches instruction sets and memory layouts, and a few whole searches: see LOWER_ROOMS in native.mjs. */
const LOWER_ROOMS = 'kernels_.*|storage_.*|sketch_.*|differential';

const OPTIONS = {
  // The core without precompiled headers, so that a source that forgets to include what it uses does not build.
  plain: [],
  // With the addon, for addon-asan.mjs: most of the code is that of the tests.
  asan: [
    '-DVORONODE_SANITIZE=address,undefined',
    '-DVORONODE_ADDON=ON',
    '-DVORONODE_TEST_HOOKS=ON',
    '-DVORONODE_PCH=ON',
  ],
  tsan: ['-DVORONODE_SANITIZE=thread', `-DVORONODE_TEST_SOURCES=${WITH_THREADS}`, '-DVORONODE_PCH=ON'],
  arm64: [
    `-DVORONODE_TEST_SOURCES=${LOWER_ROOMS}`,
    '-DVORONODE_PCH=ON',
    '-DCMAKE_SYSTEM_NAME=Linux',
    '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
    '-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++',
  ],
};

/** Builds what is not built yet; returns the folder. */
export function buildWith(way) {
  const build = join(root, `build-${way}`);
  const generator = find('ninja') ? ['-G', 'Ninja'] : [];
  const common = ['-DVORONODE_ADDON=OFF', '-DVORONODE_TESTS=ON', '-DVORONODE_WERROR=ON'];
  run('cmake', ['-S', root, '-B', build, ...generator, ...common, ...OPTIONS[way]]);
  run('cmake', ['--build', build, '--parallel', String(availableParallelism())]);
  return build;
}
