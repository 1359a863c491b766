/**
 * Two worker threads run cases side by side, each from a seed of its own: node program.mjs <seconds> <seed>. With 0
 * seconds the case of the seed alone. Where a worker is in its cases lies in shared memory, so that what ends the process
 * can be told.
 */

import { writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { run } from './run.mjs';

const STRIDE = 2 ** 20; // more cases than any run makes

if (isMainThread) {
  const [seconds, seed] = process.argv.slice(2).map(Number);
  const starts = seconds > 0 ? [seed, seed + STRIDE] : [seed];
  const results = starts.map(
    (start) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { seconds, start } });
        worker.on('message', resolve).on('error', reject);
      }),
  );
  try {
    for (const { simd, cases, compared } of await Promise.all(results)) {
      console.log(`${simd}: ${cases} cases, ${compared} searches compared`);
    }
  } catch (error) {
    console.log(error.message);
    process.exit(1);
  }
} else {
  // A fault of the addon leaves no time for a message: with VORONODE_DIFFERENTIAL_LOG each seed is said before it is run.
  const log = process.env.VORONODE_DIFFERENTIAL_LOG ? (seed) => writeSync(2, `seed ${seed}\n`) : undefined;
  parentPort.postMessage(await run(workerData.seconds, workerData.start, log));
}
