/**
 * `node circle.mjs <rounds>`: two workers merge two indexes into each other, A <- B and B <- A, many at once and in place, while
 * the main thread searches the one from the filter function of the other. All of it ends, and no vector is lost.
 */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { adopt, D, failure, made, native, range, rows, share, worker } from './shared.mjs';

const N = 40;

async function merge({ rounds, into, from }) {
  const [a, b] = [adopt(into), adopt(from)];
  for (let round = 0; round < rounds; round++) {
    const merges = Array.from({ length: 5 }, () => native.mergeFrom(a, b, 0n, undefined));
    native.mergeFromSync(a, b, 0n);
    await Promise.all(merges);
  }
  return 'merged';
}

/** What a filter function may do beside that; changes only where the other thread does not wait for what is held here. */
function search(a, b, count) {
  const query = rows(1, 3);
  const inner = (index) => native.searchSync(index, query, 3, () => true).labels.length;
  native.searchSync(a, query, 1, () => {
    count.inner += inner(b) + inner(a);
    count.refused += failure(() => native.mergeFromSync(a, b, 0n)) === 'ERR_VORONODE_UNSUPPORTED' ? 1 : 0;
    const added = failure(() => native.addWithIdsSync(b, new Float32Array(D), range(1000 + count.added, 1)));
    if (added === 'none') count.added++;
    return false;
  });
}

if (isMainThread) {
  const rounds = Number(process.argv[2]);
  const [a, b] = [made('IDMap,Flat', N), made('IDMap,Flat', 0)];
  const [one, other] = [share(a), share(b)];
  const workers = await Promise.all([
    worker(import.meta.url, { rounds, into: one, from: other }),
    worker(import.meta.url, { rounds, into: other, from: one }),
  ]);
  let working = workers.length;
  for (const thread of workers) {
    thread.once('message', () => working--);
    thread.postMessage('go');
  }
  const count = { inner: 0, refused: 0, added: 0 };
  while (working > 0) {
    if (count.added < 2000) {
      search(a, b, count);
      search(b, a, count);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const left = native.ntotal(a) + native.ntotal(b) - count.added;
  console.log(
    `${left} left of ${N}, ${count.inner > 0 && count.refused > 0 ? 'searched meanwhile' : JSON.stringify(count)}`,
  );
  process.exit(0);
} else {
  parentPort.once('message', async () => parentPort.postMessage(await merge(workerData)));
  parentPort.postMessage('ready');
}
