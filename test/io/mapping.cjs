/**
 * Searches a mapped file on the main thread and in two workers while the file is changed, beside traps of WebAssembly and a
 * handler of SIGBUS: `node mapping.cjs <how> <folder> <rounds>`. Prints what became of the calls. Every answer must be the
 * right one; every error ERR_VORONODE_CORRUPT.
 */
const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { IndexFlatL2, readIndexSync, serializeIndexSync, writeIndex, writeIndexSync } = require('../../dist/index.js');

const [D, N, K, QUERIES] = [64, 12_000, 10, 24];
const number = (i) => ((i * 2654435761) >>> 0) % 1009;
const queries = Float32Array.from({ length: QUERIES * D }, (_, i) => number(i * 7 + 3));
const query = (i) => queries.subarray((i % QUERIES) * D, ((i % QUERIES) + 1) * D);

/** An access beyond a WebAssembly memory, which the engine learns of by a signal. */
const module_ = new WebAssembly.Module(
  // prettier-ignore
  Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 3, 2, 1, 0, 5, 3, 1, 0, 1],
    ...[7, 5, 1, 1, 0x66, 0, 0, 0x0a, 9, 1, 7, 0, 0x20, 0, 0x28, 2, 0, 0x0b],
  ),
);
const { f } = new WebAssembly.Instance(module_).exports;
function trap() {
  assert.throws(() => f(0x7ffffff0), WebAssembly.RuntimeError);
}

function expectedAnswers(index) {
  return Array.from({ length: QUERIES }, (_, i) => index.searchSync(query(i), K));
}

function checkAnswer(found, right) {
  assert.deepStrictEqual(found.labels, right.labels);
  assert.deepStrictEqual(found.distances, right.distances);
}

function checkError(error) {
  if (error?.code !== 'ERR_VORONODE_CORRUPT') throw error;
}

/** Searches, singly and many at once, until `done()`; how many were answered, and refused. */
async function searchUntil(done, index, right) {
  const count = { right: 0, corrupt: 0 };
  const note = (call) =>
    call.then(
      ([found, i]) => {
        checkAnswer(found, right[i % QUERIES]);
        count.right++;
      },
      (error) => {
        checkError(error);
        count.corrupt++;
      },
    );
  for (let last = false; ; ) {
    const calls = Array.from({ length: 12 }, (_, i) => note(index.search(query(i), K).then((found) => [found, i])));
    try {
      checkAnswer(index.searchSync(query(5), K), right[5]);
      count.right++;
    } catch (error) {
      checkError(error);
      count.corrupt++;
    }
    trap();
    await Promise.all(calls);
    if (last) return count;
    last = done(); // once more afterwards
  }
}

function write(path, bytes) {
  fs.writeFileSync(`${path}.new`, bytes);
  fs.renameSync(`${path}.new`, path);
}

const changes = {
  truncate: (path) => fs.truncateSync(path, 4096 * 3),
  empty: (path) => fs.truncateSync(path, 0),
  overwrite: (path, bytes) => {
    const file = fs.openSync(path, 'r+');
    for (let at = 45; at < bytes.length; at += 1 << 16) fs.writeSync(file, Buffer.alloc(1 << 12, at), 0, 1 << 12, at);
    fs.closeSync(file);
  },
  shrink: (path) => writeIndexSync(new IndexFlatL2(3), path, { atomic: false }),
  unlink: (path) => fs.unlinkSync(path),
  replace: (path) => writeIndexSync(new IndexFlatL2(3), path),
};

async function main([how, folder, rounds]) {
  const path = join(folder, 'index.faiss');
  const original = new IndexFlatL2(D);
  original.addSync(Float32Array.from({ length: N * D }, (_, i) => number(i)));
  const right = expectedAnswers(original);
  const bytes = Buffer.from(serializeIndexSync(original));
  const total = { right: 0, corrupt: 0, saved: 0, signals: 0 };
  const workers = [0, 1].map(() => new Worker(__filename, { workerData: { path, right } }));
  const told = async (worker) => (await once(worker, 'message'))[0]; // rejects with its error
  for (let round = 0; round < Number(rounds); round++) {
    write(path, bytes);
    const index = readIndexSync(path, { mmap: true });
    // Comes between the handler of the addon and the system, or goes; in some rounds before the file is mapped.
    const onBus = () => total.signals++;
    if (round % 3 > 0) process.on('SIGBUS', onBus);
    const opened = workers.map(told);
    for (const worker of workers) worker.postMessage('open');
    await Promise.all(opened);
    let changed = false;
    const done = workers.map(told);
    for (const worker of workers) worker.postMessage('search');
    const own = searchUntil(() => changed, index, right);
    const good = join(folder, 'good.faiss');
    fs.writeFileSync(good, 'good');
    const saving = writeIndex(index, good).then(
      () => true,
      (error) => checkError(error),
    );
    await sleep(round % 5);
    changes[how](path, bytes);
    changed = true;
    for (const worker of workers) worker.postMessage('stop');
    if (await saving) {
      assert.deepStrictEqual(fs.readFileSync(good), bytes); // what was saved is whole
      total.saved++;
    } else {
      assert.strictEqual(fs.readFileSync(good, 'utf8'), 'good');
    }
    for (const count of [await own, ...(await Promise.all(done))]) {
      total.right += count.right;
      total.corrupt += count.corrupt;
    }
    if (round % 3 > 0) process.off('SIGBUS', onBus);
    await afterwards(index, how, good);
    index.close();
  }
  for (const worker of workers) await worker.terminate();
  console.log(JSON.stringify(total));
}

/** Of a file that was changed nothing is told any more; of one that is gone everything. */
async function afterwards(index, how, good) {
  const calls = [
    () => index.searchSync(query(0), K),
    () => index.search(queries, K),
    () => index.rangeSearch(query(0), 1),
    () => index.reconstruct(3),
    () => index.reconstructSync(N - 1),
    () => index.add(query(0)),
    () => index.removeIds([1n]),
    () => serializeIndexSync(index),
    () => writeIndex(index, good),
  ];
  fs.writeFileSync(good, 'good');
  const gone = how === 'unlink' || how === 'replace';
  for (const call of calls) {
    if (gone) await call();
    else await assert.rejects(async () => call(), { name: 'Error', code: 'ERR_VORONODE_CORRUPT' });
  }
  if (!gone) assert.strictEqual(fs.readFileSync(good, 'utf8'), 'good');
}

function work({ path, right }) {
  let index;
  let stopped = false;
  parentPort.on('message', async (message) => {
    if (message === 'stop') stopped = true;
    if (message === 'open') {
      index?.close();
      index = readIndexSync(path, { mmap: true });
      stopped = false;
      parentPort.postMessage('opened');
    }
    if (message === 'search') parentPort.postMessage(await searchUntil(() => stopped, index, right));
  });
}

if (isMainThread) main(process.argv.slice(2));
else work(workerData);
