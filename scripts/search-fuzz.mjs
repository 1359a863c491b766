// Compares searches with a plain scan for some seconds, on each SIMD target that this machine runs, two at a time:
//
//   npm run test:search [-- seconds [seed]]
//
// Without a seed a fresh one is drawn, and printed: it repeats the run. native/test/differential/ has the cases. A
// failure names the target, the seed and the case; VORONODE_DIFFERENTIAL_FIRST=<case> begins with that one.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildWith } from './native_build.mjs';
import { fail, root } from './run.mjs';

const seconds = Number(process.argv[2] ?? 30);
const seed = Number(process.argv[3] ?? randomInt(2 ** 31));
if (!(seconds > 0) || !Number.isInteger(seed) || seed < 0) fail('usage: npm run test:search [-- seconds [seed]]');

const tests = join(buildWith('plain'), 'voronode_tests');
const targets = createRequire(import.meta.url)(join(root, 'build/Release/voronode.node')).simdTargets();

function runOn(target) {
  return new Promise((done) => {
    const env = {
      ...process.env,
      VORONODE_SIMD: target,
      VORONODE_DIFFERENTIAL_SECONDS: String(seconds),
      VORONODE_DIFFERENTIAL_SEED: String(seed),
    };
    const child = spawn(tests, ['--no-version', '-tc=differential*'], { env });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
    child.on('close', (code, signal) => {
      process.stdout.write(text.replaceAll(/^\[doctest\].*\n/gm, ''));
      if (code !== 0) console.log(`FAILED on ${target}, seed ${seed}: ${signal ?? `exit code ${code}`}`);
      done(code === 0);
    });
  });
}

console.log(
  `voronode: searches compared with a plain scan, ${seconds} s on each of ${targets.join(', ')}; seed ${seed}`,
);
const waiting = [...targets];
const results = [];
const worker = async () => {
  for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) results.push(await runOn(target));
};
await Promise.all([worker(), worker()]);
if (!results.every(Boolean)) fail('searches differ');
