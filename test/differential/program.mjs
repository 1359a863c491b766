/**
 * Two worker threads run cases side by side, each from a seed of its own: node program.mjs <seconds> <seed>. With 0
 * seconds the case of the seed alone. A fault of the addon leaves no time for a message: before each case its seed is
 * written to the file that VORONODE_DIFFERENTIAL_LOG names, a line of 12 characters for each worker.
 */

import { openSync, writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { run } from './run.mjs';

const STRIDE = 2 ** 20; // more cases than any run makes

if (isMainThread) {
  const [seconds, seed] = process.argv.slice(2).map(Number);
  const starts = seconds > 0 ? [seed, seed + STRIDE] : [seed];
  const results = starts.map(
    (start, line) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { seconds, start, line } });
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
  const { seconds, start, line } = workerData;
  const path = process.env.VORONODE_DIFFERENTIAL_LOG;
  const file = path && openSync(path, 'r+');
  const log = (seed) => file && writeSync(file, `${seed}`.padEnd(11).concat('\n'), line * 12);
  parentPort.postMessage(await run(seconds, start, log));
}
