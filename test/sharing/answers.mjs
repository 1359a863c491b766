/**
 * `node answers.mjs <description>`: four workers search the index of the main thread, which replaces its vectors meanwhile.
 * All find the same, and operations of several threads share runs.
 */

import { createHash } from 'node:crypto';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { adopt, D, made, native, range, rows, share, worker } from './shared.mjs';

const N = 6000;
const queries = rows(40, 1);

/** The digest of many answers; merged: those that shared a run. One search at a time, so that it is another thread's. */
async function digest(index, rounds) {
  const hash = createHash('sha256');
  const update = ({ labels, distances }) => hash.update(labels).update(distances);
  const filter = { type: 'range', min: 100n, max: 5000n };
  let merged = 0;
  for (let round = 0; round < rounds; round++) {
    const one = queries.subarray((round % 40) * D, ((round % 40) + 1) * D);
    const token = native.token();
    native.timeOperation(token);
    const nearest = await native.search(index, one, 10, undefined, undefined, token);
    update(nearest);
    if ((native.runTimes(token)?.merged ?? 0) > 1) merged++;
    if (round % 10 !== 0) continue;
    update(native.searchSync(index, queries, 5, filter));
    update(native.rangeSearchSync(index, one, nearest.distances[9], undefined));
    hash.update(await native.reconstruct(index, BigInt(round), undefined));
  }
  return { hash: hash.digest('hex'), merged };
}

if (isMainThread) {
  const index = made(process.argv[2], N);
  const { hash } = await digest(index, 200);
  const token = share(index);
  const workers = await Promise.all(Array.from({ length: 4 }, () => worker(import.meta.url, token)));
  const answers = workers.map((one) => new Promise((resolve) => one.once('message', resolve)));
  for (const one of workers) one.postMessage('go');
  // The same vectors again, and others far away, also in direction, that come and go.
  let upserts = 0;
  let searching = 4;
  for (const answer of answers) answer.then(() => searching--);
  while (searching > 0) {
    const first = (upserts * 50) % N;
    const again = rows(N).subarray(first * D, (first + 50) * D);
    await native.upsert(index, again, range(first, 50), true, undefined);
    await native.upsert(index, new Float32Array(8 * D).fill(-1e4), range(N, 8), false, undefined);
    await native.removeIds(index, { type: 'batch', ids: range(N, 8) }, undefined);
    upserts++;
  }
  const found = await Promise.all(answers);
  if (upserts < 1) console.log(`only ${upserts} upserts`);
  if (!found.some(({ merged }) => merged > 0)) console.log('no search shared a run');
  console.log(found.every((one) => one.hash === hash) ? 'the same' : `${hash} but ${JSON.stringify(found)}`);
} else {
  const index = adopt(workerData);
  parentPort.once('message', async () => parentPort.postMessage(await digest(index, 200)));
  parentPort.postMessage('ready');
}
