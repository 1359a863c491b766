/** Many searches at once, any number of threads, worker threads: always the same answers. */
const assert = require('node:assert/strict');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');

const [d, n, nq, k] = [16, 4000, 64, 10];
const wave = (count, phase) => Float32Array.from({ length: count }, (_, i) => ((i * 7919 + phase) % 1009) / 7);

function search(v) {
  const index = new v.IndexFlatL2(d);
  index.addSync(wave(n * d, 3));
  return index.searchSync(wave(nq * d, 5), k);
}

if (!isMainThread && workerData?.voronode) {
  const { labels, distances } = search(require(workerData.voronode));
  parentPort.postMessage({ labels, distances });
}

const inWorker = (voronode) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: { voronode } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });

exports.run = async (v, name) => {
  const expected = search(v);
  const same = (found, what) => {
    assert.deepEqual(found.labels, expected.labels, what);
    assert.deepEqual(found.distances, expected.distances, what);
  };
  const before = v.getThreads();
  for (const threads of [1, 2, 5]) {
    v.setThreads(threads);
    same(search(v), `${threads} threads`);
  }
  v.setThreads(before);

  const index = new v.IndexFlatL2(d);
  index.addSync(wave(n * d, 3));
  const found = await Promise.all(Array.from({ length: 20 }, () => index.search(wave(nq * d, 5), k)));
  for (const one of found) same(one, 'at once');
  for (const one of await Promise.all([inWorker(name), inWorker(name)])) same(one, 'in a worker');

  const worker = new Worker(__filename, { workerData: { voronode: name } });
  await worker.terminate(); // in the middle of whatever it does
  same(search(v), 'after a worker was terminated');
  return 7;
};
