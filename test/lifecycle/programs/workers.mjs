/** `node workers.mjs <workers> <rounds>`: all search at once, each its own index, and hand in what they found. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { components, filled, native } from './addon.mjs';

/** The digest of many answers, some of them got at once and some in place. */
async function digest(rounds) {
  const hash = createHash('sha256');
  const index = filled(3000);
  const update = ({ labels, distances }) => hash.update(labels).update(distances);
  for (let round = 0; round < rounds; round++) {
    const queries = components(32 * (round + 1)).subarray(0, 32 * 10);
    const searches = [1, 10, 100].map((k) => native.search(index, queries, k, undefined, undefined, undefined));
    update(native.searchSync(index, queries, 5, undefined));
    for (const answer of await Promise.all(searches)) update(answer);
    await native.add(index, queries, undefined);
  }
  return hash.digest('hex');
}

if (isMainThread) {
  const [, , count, rounds] = process.argv;
  const workers = Array.from({ length: Number(count) }, () => {
    return new Worker(new URL(import.meta.url), { workerData: Number(rounds) });
  });
  const answers = workers.map((worker) => once(worker, 'message'));
  const own = await digest(Number(rounds));
  const others = (await Promise.all(answers)).flat();
  console.log(others.every((other) => other === own) ? `${count} workers agree` : `${own} but ${others}`);
} else {
  parentPort.postMessage(await digest(workerData));
}
