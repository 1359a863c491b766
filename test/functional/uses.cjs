/** What programs do: build, search, filter, change, save, read, cancel, make mistakes; in place and off the event loop. */
const assert = require('node:assert/strict');
const { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** n points on a line, at 0, 1, 2, …: nearest neighbours are known. */
const line = (n) => Float32Array.from({ length: n }, (_, i) => i);
const numbers = (labels) => [...labels].map(Number);

const uses = {
  async 'a flat index'(v) {
    const index = new v.IndexFlatL2(1);
    await index.add(line(1000));
    const { labels, distances } = await index.search(Float32Array.of(500.25), 3);
    assert.deepEqual(numbers(labels), [500, 501, 499]);
    assert.deepEqual([...distances], [0.0625, 0.5625, 1.5625]);
    assert.equal(await index.removeIds(new v.IDSelectorRange(0, 500)), 500);
    assert.equal(index.ntotal, 500);
    index.close();
    await assert.rejects(index.search(Float32Array.of(1), 1), { code: 'ERR_VORONODE_CLOSED' });
  },
  async 'ids of my own'(v) {
    const index = new v.IndexIDMap2(new v.IndexFlatIP(2));
    await index.addWithIds(Float32Array.of(1, 0, 0, 1), [2n ** 62n, -5n]);
    const { labels } = index.searchSync(Float32Array.of(0, 1), 2);
    assert.deepEqual([...labels], [-5n, 2n ** 62n]);
    assert.deepEqual([...index.reconstructSync(-5n)], [0, 1]);
  },
  async filters(v) {
    const index = new v.IndexFlatL2(1);
    index.addSync(line(100));
    const near = async (filter) => numbers((await index.search(Float32Array.of(50), 2, { filter })).labels);
    assert.deepEqual(await near(new v.IDSelectorRange(0, 10)), [9, 8]);
    assert.deepEqual(await near(new v.IDSelectorBatch([7, 93])), [7, 93]);
    assert.deepEqual(await near(new v.IDSelectorBitmap(Uint8Array.of(0b101))), [2, 0]);
    assert.deepEqual(await near(new v.IDSelectorNot(new v.IDSelectorRange(10, 100))), [9, 8]);
    const range = await index.rangeSearch(Float32Array.of(50), 2);
    assert.deepEqual(numbers(range.labels).sort(), [49, 50, 51]);
  },
  async 'an IVF index'(v) {
    for (const index of [
      new v.IndexIVFFlat(1, 10),
      v.indexFactory(1, 'IVF10,SQ8'),
      v.indexFactory(1, 'IVF10,SQ8,RFlat'),
    ]) {
      await assert.rejects(index.add(line(1000)), { code: 'ERR_VORONODE_NOT_TRAINED' });
      await index.train(line(1000));
      await index.add(line(1000));
      const { labels } = await index.search(Float32Array.of(500.25), 5, { nprobe: 10 });
      assert.ok(numbers(labels).every((label) => Math.abs(label - 500) < 10));
    }
  },
  async 'k-means'(v) {
    const reports = [];
    const { centroids } = await v.kmeans(line(1000), 1, 4, { progress: (report) => reports.push(report) });
    const sorted = [...centroids].sort((a, b) => a - b);
    assert.ok(sorted.every((x, i) => Math.abs(x - (125 + 250 * i)) < 40));
    assert.ok(reports.length > 0);
  },
  async files(v, folder) {
    const index = new v.IndexFlatL2(1);
    index.addSync(line(300));
    const path = join(folder, 'ünïcode nämé.faiss');
    await v.writeIndex(index, path);
    v.writeIndexSync(index, path); // over what is there
    assert.ok(Buffer.from(await v.serializeIndex(index)).equals(readFileSync(path)));
    assert.deepEqual(numbers((await v.readIndex(path)).searchSync(Float32Array.of(7), 1).labels), [7]);
    assert.equal(readdirSync(folder).length, 1); // no temporary file is left
    await assert.rejects(v.readIndex(join(folder, 'none')), { code: 'ENOENT' });
    writeFileSync(path, readFileSync(path).subarray(0, 100));
    assert.throws(() => v.readIndexSync(path), { code: 'ERR_VORONODE_CORRUPT' });
  },
  async cancelling(v) {
    const index = new v.IndexFlatL2(64);
    index.addSync(new Float32Array(64 * 20_000));
    const controller = new AbortController();
    const search = index.search(new Float32Array(64 * 500), 100, { signal: controller.signal });
    controller.abort();
    await assert.rejects(search, { name: 'AbortError', code: 'ABORT_ERR' });
  },
  async mistakes(v) {
    const index = new v.IndexFlatL2(3);
    assert.throws(() => new v.IndexFlatL2(0), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => index.addSync([1, 2, 3]), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => index.addSync(new Float32Array(4)), { code: 'ERR_VORONODE_DIMENSION' });
    assert.throws(() => v.indexFactory(3, 'HNSW32'), { code: 'ERR_VORONODE_UNSUPPORTED' });
  },
};

exports.run = async (v) => {
  const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
  try {
    for (const [what, use] of Object.entries(uses)) {
      try {
        await use(v, folder);
      } catch (error) {
        error.message = `${what}: ${error.message}`;
        throw error;
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return Object.keys(uses).length;
};
