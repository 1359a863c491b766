/**
 * The functional test: whether an installed package or a prebuilt binary works on the machine and runtime that this runs
 * on. Plain CommonJS without dependencies, for every runtime and emulator that can `require` the package.
 *
 *   node test/functional/run.cjs [path or name of the package]     this repository without it
 *   node test/functional/run.cjs --record                          writes expected.json anew, in plain C++
 *
 * Prints a line per part and at the end one of JSON: {"platform","arch","libc","runtime","target","targets","checks"}. Exits
 * with 1 and the stack trace if anything is not as it should be. The answers' bits are compared with expected.json, which
 * is the same for every platform and instruction set. VORONODE_SIMD chooses the latter.
 */
const { join } = require('node:path');

const [given] = process.argv.slice(2).filter((argument) => argument !== '--record');
const record = process.argv.includes('--record');
if (record) process.env.VORONODE_SIMD = 'generic';
const name = given ?? join(__dirname, '../..');
const voronode = require(name);

const parts = {
  bits: require('./bits.cjs'),
  golden: require('./golden.cjs'),
  uses: require('./uses.cjs'),
  threads: require('./threads.cjs'),
};

function runtime() {
  if (process.versions.bun) return `Bun ${process.versions.bun}`;
  if (process.versions.deno) return `Deno ${process.versions.deno}`;
  return `Node ${process.versions.node}`;
}

function libc() {
  if (process.platform !== 'linux') return '';
  const { glibcVersionRuntime } = process.report?.getReport?.().header ?? {};
  return glibcVersionRuntime ? `glibc ${glibcVersionRuntime}` : 'musl or unknown';
}

async function main() {
  const start = Date.now();
  const { platform, arch } = process;
  const place = [platform, arch, libc(), runtime(), voronode.simdTarget()].filter(Boolean).join(', ');
  console.log(`voronode: functional test on ${place}`);
  if (record) return parts.bits.record(voronode);
  const wanted = process.env.VORONODE_SIMD;
  if (wanted && voronode.simdTarget() !== wanted) throw new Error(`runs ${voronode.simdTarget()}, not ${wanted}`);
  const checks = {};
  for (const [part, { run }] of Object.entries(parts)) {
    const began = Date.now();
    checks[part] = await run(voronode, name);
    console.log(`  ${part}: ${checks[part]} checks in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
  const targets = voronode.simdTargets();
  const seconds = (Date.now() - start) / 1000;
  const target = voronode.simdTarget();
  console.log(JSON.stringify({ platform, arch, libc: libc(), runtime: runtime(), target, targets, checks, seconds }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
