/**
 * One worker searches for NaN, aborts what it has begun, and ends in the midst of it, again and again. What other threads
 * search for in the same index is found all the same.
 */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { adopt, D, made, native, rows, share, worker } from './shared.mjs';

const N = 20_000;
const queries = rows(16, 1);
const one = (i) => queries.subarray((i % 16) * D, ((i % 16) + 1) * D);

async function good(index, rounds) {
  const expected = Array.from({ length: 16 }, (_, i) => native.searchSync(index, one(i), 3, undefined).labels.join());
  let wrong = 0;
  for (let round = 0; round < rounds; round++) {
    const found = await Promise.all(
      expected.map((_, i) => native.search(index, one(i), 3, undefined, undefined, undefined)),
    );
    wrong += found.filter(({ labels }, i) => labels.join() !== expected[i]).length;
  }
  return wrong;
}

function bad(index) {
  const nan = new Float32Array(D).fill(Number.NaN);
  const count = { ERR_INVALID_ARG_VALUE: 0, ABORT_ERR: 0, none: 0 };
  const turn = () => {
    const token = native.token();
    const works = [one(0), nan, one(1), nan].map((query, i) =>
      native.search(index, query, 3, undefined, undefined, i < 2 ? token : undefined),
    );
    works.push(native.add(index, nan, token), native.upsert(index, nan, BigInt64Array.of(1n), false, undefined));
    setImmediate(() => native.cancel(token));
    const settled = works.map((work) =>
      work.then(
        () => count.none++,
        ({ code }) => count[code]++,
      ),
    );
    Promise.all(settled).then(turn);
  };
  for (let i = 0; i < 8; i++) turn();
  setTimeout(() => parentPort.postMessage(count), 300);
}

if (isMainThread) {
  const index = made('IDMap,Flat', N);
  const token = share(index);
  const searching = await Promise.all([1, 2].map(() => worker(import.meta.url, { token, role: 'good' })));
  const answers = searching.map((thread) => new Promise((resolve) => thread.once('message', resolve)));
  for (const thread of searching) thread.postMessage('go');
  let done = false;
  Promise.all(answers).then(() => {
    done = true;
  });
  let ended = 0;
  while (!done || ended < 2) {
    const thread = await worker(import.meta.url, { token, role: 'bad' });
    const { ERR_INVALID_ARG_VALUE, none, ...others } = thread.first;
    if (!(ERR_INVALID_ARG_VALUE > 0 && none > 0)) console.log('unlikely', thread.first);
    if (Object.keys(others).join() !== 'ABORT_ERR') console.log('unexpected', thread.first);
    await thread.terminate();
    ended++;
  }
  const wrong = await Promise.all(answers);
  await Promise.all(searching.map((thread) => thread.terminate()));
  console.log(`${native.ntotal(index)} vectors, ${wrong.join(' and ')} wrong`);
} else {
  const index = adopt(workerData.token);
  if (workerData.role === 'bad') {
    bad(index);
  } else {
    parentPort.once('message', async () => parentPort.postMessage(await good(index, 60)));
    parentPort.postMessage('ready');
  }
}
