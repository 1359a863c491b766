// A program for faiss-node in TypeScript, compiled both to CommonJS and to an ES module.
import assert from 'node:assert/strict';
import faiss, { type Index, IndexFlatL2, MetricType, type SearchResult } from 'faiss-node';

function nearest(index: Index, query: number[]): number | undefined {
  const { labels }: SearchResult = index.search(query, 1);
  return labels[0];
}

const index: faiss.IndexFlatL2 = new IndexFlatL2(2);
index.add([0, 0, 3, 4]);
const bytes: Buffer = index.toBuffer();
assert.equal(nearest(IndexFlatL2.fromBuffer(bytes), [3, 3]), 1);

const made: Index = faiss.Index.fromFactory(2, 'Flat', MetricType.METRIC_INNER_PRODUCT);
made.add([0, 0, 3, 4]);
assert.equal(nearest(made, [-1, -1]), 0);
// @ts-expect-error: the declarations are there: a typed array is no number[]
assert.throws(() => made.add(new Float32Array(2)), TypeError);
console.log('typescript');
