// Runs vitest on an addon built with ASan and UBSan: `npm run test:addon-asan [-- files and options of vitest]`.
//
// The build is that of `npm run test:asan`, which has the addon, too. Leaks are not looked for: Node itself leaves memory
// to the end of the process.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildWith } from './native_build.mjs';
import { fail, find, tool } from './run.mjs';

if (process.platform !== 'linux' || !find('g++')) fail('the ASan addon is built with g++ on Linux');

const build = buildWith('asan');

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
