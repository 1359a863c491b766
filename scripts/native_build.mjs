// The ways to build the C++ tests with CMake, each in its own folder build-<way>/.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { find, root, run } from './run.mjs';

const OPTIONS = {
  plain: [],
  // With the addon, for addon-asan.mjs: most of the code is that of the tests.
  asan: ['-DVORONODE_SANITIZE=address,undefined', '-DVORONODE_ADDON=ON', '-DVORONODE_TEST_HOOKS=ON'],
  tsan: ['-DVORONODE_SANITIZE=thread'],
  arm64: [
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
