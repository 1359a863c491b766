// A program for faiss-node: every method and both ways to keep an index.
const assert = require('node:assert/strict');
const { Index, IndexFlatIP, IndexFlatL2, MetricType } = require('faiss-node');

const index = new IndexFlatL2(2);
assert.deepEqual([index.getDimension(), index.isTrained(), index.ntotal()], [2, true, 0]);
for (const y of [0, 2, 3, 1]) index.add([1, y]);
assert.equal(index.ntotal(), 4);
assert.deepEqual(index.search([1, 0], 4), { distances: [0, 1, 4, 9], labels: [0, 3, 1, 2] });

index.write('points.index');
const loaded = IndexFlatL2.read('points.index');
assert.ok(loaded instanceof IndexFlatL2);
assert.deepEqual(loaded.search([1, 1], 4), { distances: [0, 1, 1, 4], labels: [3, 0, 1, 2] });

const merged = new IndexFlatL2(2);
merged.mergeFrom(index);
assert.deepEqual([merged.ntotal(), index.ntotal()], [4, 0]);
assert.deepEqual(merged.search([1, 2], 1), { distances: [0], labels: [1] });
assert.equal(merged.removeIds([0]), 1);
assert.deepEqual(merged.search([1, 2], 1), { distances: [0], labels: [0] });

const products = new IndexFlatIP(2);
products.add([1, 0, 3, 1]);
assert.deepEqual(products.search([1, 1], 1), { distances: [4], labels: [1] });
assert.equal(Index.fromBuffer(merged.toBuffer()).ntotal(), 3);

const made = Index.fromFactory(2, 'Flat', MetricType.METRIC_INNER_PRODUCT);
made.train([1, 0, 0, 1]);
made.add([1, 0, 0, 1]);
assert.deepEqual(made.search([5, 1], 2), { distances: [5, 1], labels: [0, 1] });
assert.throws(() => made.search([5, 1], 3), /cannot be given a value greater than `ntotal`: 2/);
assert.throws(() => Index.fromFactory(2, 'HNSW32,Flat'), /HNSW32.*offered are Flat, /);
console.log('commonjs');
