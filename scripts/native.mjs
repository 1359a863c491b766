// Builds and runs the C++ tests of the core in one of several ways, each in its own folder build-<way>/:
//
//   node scripts/native.mjs <way> [arguments of doctest]
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildWith } from './native_build.mjs';
import { fail, find, root, succeeds } from './run.mjs';

const QEMU_ARM64 = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'];

const X86 = (cpu) => ['qemu-x86_64', '-cpu', cpu];
const BY_FILE = '--source-file=';
// Under an emulator, which is slow and not made for many threads: what touches instruction sets and memory layouts, and a
// few whole searches. The rooms above are the same code everywhere.
const LOWER_ROOMS = `${BY_FILE}*/kernels_*,*/storage_*,*/sketch_*,*/differential.cc`;

// What compares many answers with those of a plain model, which every other run does too: most of the time under TSan. What
// has one thread is not built for it at all (native_build.mjs).
const ANSWERS = `--test-case-exclude=${[
  'ivf search: with and without sketches*',
  'ivf search: so many pairs*',
  'with and without sketches*',
  'many centroids*',
  'flat: every k*',
  'labels*',
  'flat: range search finds*',
  'refine flat: answers*',
].join()}`;
const FILES = '*/io_*,*/memory*,*/kernels_*';
/** Two halves that take about as long as each other: most tests have one thread, and so they keep two cores busy. */
const halves = (files, ...more) => ['', '-exclude'].map((but) => [`--source-file${but}=${files}`, ...more]);

// `runs`: the programs to run the tests under, and arguments of doctest, each in turn.
const WAYS = {
  plain: { runs: halves(FILES).map((tests) => ({ tests })) },
  asan: { runs: halves(FILES).map((tests) => ({ tests })) },
  tsan: {
    runs: halves('*/differential*,*/index_flat*', ANSWERS).map((tests) => ({ under: fixedAddresses(), tests })),
  },
  // With dot products (qemu's own model) and without (Cortex-A53).
  arm64: {
    runs: [
      { under: QEMU_ARM64, tests: [LOWER_ROOMS] },
      { under: [...QEMU_ARM64, '-cpu', 'cortex-a53'], tests: [LOWER_ROOMS] },
    ],
  },
  // The plain build on an x86-64 without AVX, and on one with AVX2 but no AVX-512. There the tests on guarded memory are
  // left out: qemu's masked AVX loads read the lanes that the mask keeps out, as no processor does.
  baseline: {
    folder: 'plain',
    runs: [
      { under: X86('Nehalem'), tests: [LOWER_ROOMS] },
      {
        under: X86('Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid'),
        tests: [LOWER_ROOMS, '--source-file-exclude=*/kernels_distances.cc'],
      },
    ],
  },
};

const [way, ...testArguments] = process.argv.slice(2);

const ENVIRONMENT = {
  ...(way?.endsWith('san') ? { VORONODE_HOSTILE_STEP: '5', VORONODE_DIFFERENTIAL_CASES: '40' } : {}), // a slice, as below
  // Not detect_stack_use_after_return: the stack frames that g++ 12 then makes are not aligned for 64-byte vectors
  // (GCC bug 110027), so that correct AVX-512 code crashes.
  ASAN_OPTIONS: 'detect_stack_use_after_return=0:strict_string_checks=1:allocator_may_return_null=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1',
};

/** TSan of g++ 12 does not start under the wide address randomisation of newer kernels; setarch turns that off. */
function fixedAddresses() {
  const setarch = find('setarch');
  return setarch && succeeds(setarch, ['-R', 'true']) ? [setarch, '-R'] : [];
}

const usage = `usage: node scripts/native.mjs ${Object.keys(WAYS).join('|')} [arguments of doctest]`;
const { runs, folder = way } = WAYS[way] ?? fail(usage);
const build = buildWith(folder);
const tests = join(build, 'voronode_tests');
if (!existsSync(tests)) fail('there are no tests in native/test');
const started = (testArguments.length > 0 ? oneUnderEach(runs) : runs).map(({ under = [], tests: selection }) => {
  // A slice of the pairs and cases that a run at full speed draws.
  const slice = { VORONODE_SKETCH_PAIRS: '20000', VORONODE_DIFFERENTIAL_CASES: '20' };
  const env = under.some((program) => program.startsWith('qemu')) ? { ...ENVIRONMENT, ...slice } : ENVIRONMENT;
  const [program, ...rest] = [...under, tests, ...selection, ...testArguments];
  return { line: [program, ...rest].join(' '), ended: output(program, rest, env) };
});
// Under an emulator or a sanitizer a run keeps one core busy, so that two go side by side.
for (const { line, ended } of started) {
  console.log(`voronode: ${line}`);
  const { code, text } = await ended;
  process.stdout.write(text);
  if (code !== 0) fail(`failed: ${line}`);
}

/** For whoever names tests: not by our choice of files, to which doctest would add theirs, and so not in halves. */
function oneUnderEach(runs) {
  const wholes = runs.map(({ under, tests }) => ({ under, tests: tests.filter((one) => !one.startsWith(BY_FILE)) }));
  return wholes.filter(({ under }, i) => i === wholes.findIndex((other) => `${other.under}` === `${under}`));
}

/** Runs a program in the root; with what it wrote once it has ended. */
function output(program, args, env) {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
    child.on('error', (error) => done({ code: 1, text: `${error.message}\n` }));
    child.on('close', (code, signal) => done({ code: code ?? signal, text }));
  });
}
