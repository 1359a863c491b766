// Builds the fuzz targets native/test/fuzz_*.cc with clang's libFuzzer, ASan and UBSan, and runs each, or the one named,
// for some seconds: `npm run test:fuzz [-- seconds [target]]`. What it finds new stays in build-fuzz/corpus/ for the next
// run; an input that fails is left in build-fuzz/: `build-fuzz/<target> <that file>` repeats it.
import { mkdirSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail, find, root, run } from './run.mjs';

const seconds = Number(process.argv[2] ?? 20);
const clang =
  find('clang++-16', 'clang++') ?? fail('clang++ was not found (apt-get install clang-16 libclang-rt-16-dev)');

const targets = readdirSync(join(root, 'native/test'))
  .map((name) => /^(fuzz_.*)\.cc$/.exec(name)?.[1])
  .filter((name) => name !== undefined && [undefined, name].includes(process.argv[3]));
if (targets.length === 0) fail(`native/test has no ${process.argv[3] ?? 'fuzz_*'}.cc`);
// Inputs to begin with, and the longest that make sense, where that is not left to the fuzzer.
const STARTS = { fuzz_read_index: [join(root, 'test/golden')], fuzz_search: ['-max_len=256'] };

const build = join(root, 'build-fuzz');
const generator = find('ninja') ? ['-G', 'Ninja'] : [];
const options = ['-DVORONODE_FUZZ=ON', '-DVORONODE_ADDON=OFF', `-DCMAKE_CXX_COMPILER=${clang}`];
run('cmake', ['-S', root, '-B', build, ...generator, ...options]);
run('cmake', ['--build', build, '--parallel', String(availableParallelism())]);
for (const target of targets) {
  const corpus = join(build, 'corpus', target);
  mkdirSync(corpus, { recursive: true });
  const limits = [
    `-max_total_time=${seconds}`,
    '-timeout=30',
    '-rss_limit_mb=2048',
    `-artifact_prefix=${build}/${target}-`,
  ];
  run(join(build, target), [corpus, ...(STARTS[target] ?? []), ...limits, '-print_final_stats=1', '-verbosity=0']);
}
