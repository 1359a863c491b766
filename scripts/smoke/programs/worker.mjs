// The package in the main thread and in two workers at once, one of them terminated with work under way.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { IndexFlatL2 } from 'voronode';

const [d, n] = [64, 20_000];

/** Vector i stands at (i, 0, 0, …): what is nearest to the query 7.25 is 7, then 8. */
function line() {
  const vectors = new Float32Array(n * d);
  for (let i = 0; i < n; i++) vectors[i * d] = i;
  return vectors;
}

async function work() {
  const index = new IndexFlatL2(d);
  await index.add(line());
  const query = new Float32Array(d);
  query[0] = 7.25;
  const { labels } = await index.search(query, 2);
  return labels.join();
}

if (isMainThread) {
  const program = fileURLToPath(import.meta.url);
  const ended = new Worker(program);
  const answered = new Worker(program);
  const [ours, theirs] = await Promise.all([
    work(),
    new Promise((resolve, reject) => answered.once('message', resolve).once('error', reject)),
    ended.terminate(),
  ]);
  assert.equal(ours, '7,8');
  assert.equal(theirs, '7,8');
  await answered.terminate();
  console.log('worker: same answers');
} else {
  parentPort.postMessage(await work());
}
