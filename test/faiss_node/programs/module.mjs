// A program for faiss-node as an ES module: the whole by default, and the names, which are the same.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import faiss, { Index, IndexFlatIP, IndexFlatL2, MetricType } from 'faiss-node';

const {
  default: { IndexFlatL2: dynamic },
} = await import('faiss-node');
assert.equal(dynamic, IndexFlatL2);
assert.equal(createRequire(import.meta.url)('faiss-node'), faiss);
assert.deepEqual([faiss.Index, faiss.IndexFlatL2, faiss.IndexFlatIP], [Index, IndexFlatL2, IndexFlatIP]);
assert.equal(faiss.MetricType.METRIC_L2, 1);
assert.equal(MetricType[0], 'METRIC_INNER_PRODUCT');

const index = new faiss.IndexFlatL2(3);
index.add([1, 2, 3, 4, 5, 6]);
assert.deepEqual(index.search([4, 5, 7], 2), { distances: [1, 34], labels: [1, 0] });
console.log('module');
