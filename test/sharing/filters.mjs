/**
 * Two threads come from filter functions of one shared index to changes of the other, and of each other's. Nobody waits for
 * ever; of those that would, one is refused.
 */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { adopt, failure, made, native, rows, share, worker } from './shared.mjs';

function turns(first, second, rounds) {
  const [query, few] = [rows(1, 3), rows(10)];
  const count = {};
  for (let round = 0; round < rounds; round++) {
    let asked = 0;
    native.searchSync(first, query, 1, () => {
      if (asked++ === 0) {
        const outcome = failure(() => native.trainSync(second, few, undefined));
        count[outcome] = (count[outcome] ?? 0) + 1;
      }
      return true;
    });
  }
  return count;
}

const ROUNDS = 10_000;
if (isMainThread) {
  const [a, b] = [made('IDMap,Flat', 20), made('IDMap,Flat', 20)];
  const other = await worker(import.meta.url, { first: share(b), second: share(a) });
  other.postMessage('go');
  const its = new Promise((resolve) => other.once('message', resolve));
  const mine = turns(a, b, ROUNDS);
  const counts = [mine, await its];
  const done = counts.every(({ none = 0, ERR_VORONODE_UNSUPPORTED = 0 }) => none + ERR_VORONODE_UNSUPPORTED === ROUNDS);
  console.log(done ? 'came through' : JSON.stringify(counts));
  console.error(JSON.stringify(counts));
} else {
  const [first, second] = [workerData.first, workerData.second].map(adopt);
  parentPort.once('message', () => parentPort.postMessage(turns(first, second, ROUNDS)));
  parentPort.postMessage('ready');
}
