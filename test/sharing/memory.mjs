/**
 * `node --expose-gc memory.mjs <times>`: indexes are shared, adopted and closed, here and in a worker. Prints how far memory
 * grew that is still in use, and how much of a large index each thread's garbage collector is told.
 */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { adopt, D, failure, native, rows, share, worker } from './shared.mjs';

const BIG = 200_000;
const megabytes = (bytes) => Math.round(bytes / 2 ** 20);
const external = () => {
  globalThis.gc();
  globalThis.gc(); // what the first one freed is counted off by the second
  return process.memoryUsage().external;
};

function small() {
  const index = native.flat(D, 1, true);
  native.addSync(index, rows(64));
  return index;
}

async function churn(times) {
  for (let i = 0; i < times; i++) {
    const index = small();
    const [token, reading] = [share(index), share(index, true)];
    const adopted = [token, token, reading].map(adopt);
    native.searchSync(adopted[2], rows(1), 1, undefined);
    if (i % 3 === 0) native.unshareIndex(index);
    if (i % 3 === 1) for (const one of adopted) native.close(one);
    native.close(index);
    if (failure(() => adopt(token)) !== 'ERR_VORONODE_CLOSED') console.log('still shared');
    if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
}

if (isMainThread) {
  const times = Number(process.argv[2]);
  await churn(times / 10);
  const before = [process.memoryUsage.rss(), external()];
  await churn(times);
  const grown = [process.memoryUsage.rss() - before[0], external() - before[1]].map(megabytes);
  console.log(grown.every((size) => size < 24) ? 'no leak' : `grew by ${grown} MB`);

  const none = external();
  const big = native.flat(D, 1, false);
  native.addSync(big, rows(BIG));
  const own = megabytes(external() - none);
  const size = megabytes(BIG * D * 4);
  const again = adopt(share(big));
  const twice = megabytes(external() - none);
  const other = await worker(import.meta.url, share(big));
  console.log(
    own >= size && own < size * 2 && twice === own && other.first < 4 ? 'counted once' : [own, twice, other.first],
  );
  await other.terminate();
  native.close(big);
  if (megabytes(external() - none) > 4) console.log('not given back');
  native.close(again);
} else {
  const before = external();
  const index = adopt(workerData);
  native.addSync(index, rows(1000));
  parentPort.postMessage(megabytes(external() - before));
}
