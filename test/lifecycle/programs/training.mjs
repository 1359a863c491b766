/**
 * Ends a thread or the process during trainings with progress: `node training.mjs terminate <times>` | `exit` |
 * `worker exit`.
 */

import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { components, native } from './addon.mjs';

const rows = components(32 * 20_000);
const ENDLESS = { niter: 2 ** 31 - 1, minPointsPerCentroid: 1 };

/** Two at a time, beside k-means and a merge that waits for one of them. */
function trainForEver(progress) {
  const [ivf, other] = [1, 2].map(() => native.ivfFlat(32, 200, 1, true, undefined));
  const start = (index) => native.train(index, rows, ENDLESS, progress, native.token()).catch(() => undefined);
  start(ivf);
  start(other);
  native.mergeFrom(ivf, other, 0n, undefined).catch(() => undefined);
  native.kmeans(rows, 32, 300, ENDLESS, progress, undefined).catch(() => undefined);
}

async function terminate(times) {
  for (let i = 0; i < times; i++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: 'train' });
    await once(worker, 'message');
    if (i % 3 !== 0) await new Promise((resolve) => setTimeout(resolve, i % 7));
    await worker.terminate();
  }
  console.log(`terminated ${times}`);
}

if (!isMainThread) {
  trainForEver(workerData === 'exit' ? () => process.exit(5) : () => parentPort.postMessage('training'));
} else if (process.argv[2] === 'terminate') {
  await terminate(Number(process.argv[3]));
} else if (process.argv[2] === 'exit') {
  trainForEver(() => process.exit(5));
} else {
  const worker = new Worker(new URL(import.meta.url), { workerData: 'exit' });
  const [code] = await once(worker, 'exit');
  process.exitCode = code;
}
