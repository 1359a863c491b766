// Compares searches through Node with an oracle in JavaScript, on each SIMD target, in worker threads side by side:
//
//   npm run test:differential [-- seconds [seed]]
//
// Without a seed a fresh one is drawn. A failure prints the seed of its case: `npm run test:differential -- 0 <seed>`
// repeats it alone. test/differential/ has the cases and the oracle.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, root } from './run.mjs';

const seconds = Number(process.argv[2] ?? 30);
const seed = Number(process.argv[3] ?? randomInt(2 ** 31));
if (!(seconds >= 0) || !Number.isInteger(seed)) fail('usage: npm run test:differential [-- seconds [seed]]');

const targets = createRequire(import.meta.url)(join(root, 'dist/index.js')).simdTargets();
const program = join(root, 'test/differential/program.mjs');
console.log(`voronode: searches through Node, ${seconds} s on each of ${targets.join(', ')}; seed ${seed}`);
const folder = mkdtempSync(join(tmpdir(), 'voronode-differential-'));
const log = join(folder, 'seeds');
let failed = false;
for (const target of targets) {
  const code = await new Promise((done) => {
    writeFileSync(log, '');
    const env = { ...process.env, VORONODE_SIMD: target, VORONODE_DIFFERENTIAL_LOG: log };
    const child = spawn(process.execPath, ['--no-warnings', '--expose-gc', program, String(seconds), String(seed)], {
      env,
      stdio: 'inherit',
    });
    child.on('close', (status, signal) => done(status ?? signal));
  });
  if (code === 0) continue;
  failed = true;
  const seeds = readFileSync(log, 'utf8').replaceAll('\0', '').split(/\s+/).filter(Boolean);
  const how =
    typeof code === 'string' ? `ended by ${code} in the case of seed ${seeds.join(' or ')}` : `exit code ${code}`;
  console.log(`FAILED on ${target}: ${how}`);
}
rmSync(folder, { recursive: true });
if (failed) fail('searches differ');
