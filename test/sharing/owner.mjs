/**
 * `node owner.mjs <close | unshare | terminate | leave>`: the thread that made an index lets go of it in some way, while two
 * others search and change it.
 */

import { once } from 'node:events';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { adopt, D, failure, made, native, range, rows, share, worker } from './shared.mjs';

const N = 5000;
const way = process.argv[2];

async function use(index) {
  const query = rows(1, 1);
  const expected = native.searchSync(index, query, 5, undefined).labels.join();
  const mine = BigInt(N + workerData.number);
  for (let round = 0; ; round++) {
    const [found] = await Promise.all([
      native.search(index, query, 5, undefined, undefined, undefined),
      native.upsert(index, new Float32Array(D).fill(1000), BigInt64Array.of(mine), false, undefined),
    ]);
    if (found.labels.join() !== expected) parentPort.postMessage('wrong');
    if (round % 50 === 49) parentPort.postMessage(round);
  }
}

async function main() {
  const owner = await worker(import.meta.url, { role: 'owner', way });
  const token = owner.first;
  const users = await Promise.all([0, 1].map((number) => worker(import.meta.url, { role: 'user', token, number })));
  const rest = adopt(token);
  const messages = [];
  for (const user of users) user.on('message', (message) => messages.push(message));
  const more = async () => {
    const before = messages.length;
    while (messages.length < before + 4) await Promise.race(users.map((user) => once(user, 'message')));
  };
  await more();
  if (way === 'terminate') await owner.terminate();
  else {
    owner.postMessage('go');
    await once(owner, way === 'leave' ? 'exit' : 'message');
  }
  console.log(`after ${way}: ${failure(() => adopt(token))}`);
  await more();
  await Promise.all(users.map((user) => user.terminate()));
  console.log(`${messages.includes('wrong') ? 'wrong' : 'right'}, ${native.ntotal(rest)} vectors`);
  // Who holds it may share it anew.
  const again = share(rest);
  console.log(`${again.id === token.id}, ${native.ntotal(adopt(again))} vectors`);
  process.exit(0);
}

if (isMainThread) {
  await main();
} else if (workerData.role === 'owner') {
  const index = made('IDMap,Flat', N);
  parentPort.postMessage(share(index));
  parentPort.once('message', () => {
    native.search(index, rows(1000), 10, undefined, undefined, undefined);
    native.addWithIds(index, rows(1), range(N + 9, 1), undefined);
    native.removeIds(index, { type: 'batch', ids: range(N + 9, 1) }, undefined);
    if (workerData.way === 'close') native.close(index);
    if (workerData.way === 'unshare') native.unshareIndex(index);
    if (workerData.way !== 'leave') parentPort.postMessage('done');
  });
} else {
  const index = adopt(workerData.token);
  parentPort.postMessage('ready');
  await use(index);
}
