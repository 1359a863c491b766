/**
 * A worker is terminated while its jobs wait in the pool's queue behind long work of the main thread. Prints whether that work
 * was still going on afterwards.
 */

import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { components, filled, native } from './addon.mjs';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  await once(worker, 'message');
  const index = filled(100_000);
  const token = native.token();
  let busy = native.threads() * 2;
  for (let i = 0; i < native.threads() * 2; i++) {
    native.search(index, components(32 * 100_000), 1, undefined, undefined, token).then(
      () => busy--,
      () => busy--,
    );
  }
  worker.postMessage('go');
  await once(worker, 'message');
  await worker.terminate();
  console.log(busy > 0 ? 'still busy' : 'had to wait');
  native.cancel(token);
} else {
  parentPort.once('message', () => {
    const index = filled(100);
    for (let i = 0; i < 100; i++) {
      native.search(index, components(32), 1, undefined, undefined, undefined);
      native.add(index, components(32), undefined);
      native.removeIds(index, { type: 'range', min: 0n, max: 1n }, undefined);
    }
    parentPort.postMessage('queued');
  });
  parentPort.postMessage('ready');
}
