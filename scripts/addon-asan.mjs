// Runs vitest on an addon built with ASan and UBSan: `npm run test:addon-asan [-- files and options of vitest]`.
//
// Leaks are not looked for: Node itself leaves memory to the end of the process.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail, find, root, run, tool } from './run.mjs';

if (process.platform !== 'linux' || !find('g++')) fail('the ASan addon is built with g++ on Linux');

const build = join(root, 'build-addon-asan');
const generator = find('ninja') ? ['-G', 'Ninja'] : [];
run('cmake', [
  '-S',
  root,
  '-B',
  build,
  ...generator,
  '-DVORONODE_SANITIZE=address,undefined',
  '-DVORONODE_TEST_HOOKS=ON',
  '-DCMAKE_CXX_COMPILER=g++',
]);
run('cmake', ['--build', build, '--parallel', String(availableParallelism())]);

// The runtimes must be there before Node is, or they refuse to start; ASan looks up libstdc++'s throw as it starts.
const libraries = ['libasan.so', 'libubsan.so', 'libstdc++.so'];
const preload = libraries.map((name) => execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim());
Object.assign(process.env, {
  VORONODE_BINARY: join(build, 'Release/voronode.node'),
  LD_PRELOAD: preload.join(' '),
  ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:allocator_may_return_null=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
});
if (!tool('vitest/vitest.mjs', 'run', ...process.argv.slice(2))) fail('vitest failed on the ASan build of the addon');
