/**
 * A worker is terminated while its changes wait for what the main thread has under way on the same index. Prints whether that
 * was still going on afterwards, and whether the index is free for others.
 */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { adopt, D, made, native, range, rows, share, worker } from './shared.mjs';

if (isMainThread) {
  const [index, other] = [made('IDMap,Flat', 100_000), made('IDMap,Flat', 100)];
  const queries = rows(100_000, 5);
  const token = native.token();
  let busy = true;
  const search = native.search(index, queries, 1, undefined, undefined, token).catch(() => undefined);
  search.then(() => {
    busy = false;
  });
  const waiting = await worker(import.meta.url, [share(index), share(other)]);
  const since = Date.now();
  await waiting.terminate();
  const took = Date.now() - since;
  console.log(busy ? 'still busy' : 'had to wait');
  if (took > 1000) console.log(`terminate() took ${took} ms`);
  // Nothing of it stands at a gate.
  await native.addWithIds(other, new Float32Array(D), range(1000, 1), undefined);
  native.mergeFromSync(other, made('IDMap,Flat', 1), 0n);
  const found = native.search(index, queries.subarray(0, D), 1, undefined, undefined, undefined);
  await found;
  console.log(busy ? 'free' : 'not free');
  native.cancel(token);
  await search;
  await native.reset(index, undefined);
  console.log(`${native.ntotal(index)} and ${native.ntotal(other)} vectors`);
} else {
  const [index, other] = workerData.map(adopt);
  native.reset(index, undefined);
  native.mergeFrom(other, index, 0n, undefined);
  native.mergeFrom(index, other, 0n, undefined);
  native.search(index, rows(1), 1, undefined, undefined, undefined);
  native.addWithIds(other, new Float32Array(D), range(2000, 1), undefined);
  setTimeout(() => parentPort.postMessage('waiting'), 20);
}
