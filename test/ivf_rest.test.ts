/**
 * The ends of lists, which one small sketch stands for (native/test/ivf_rest.cc has the kind): a batch answers what
 * its queries answer one by one, and only ids that were added.
 */

import { describe, expect, test } from 'vitest';
import { IDSelectorBatch, IndexFlatL2, IndexIDMap, IndexIVFFlat, type SearchResult } from '../lib/index.js';
import { Random } from './random.js';

const random = new Random(12);
const numbers = (n: number) => new Float32Array(n).map(() => random.next());
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

function rowsOf(result: SearchResult) {
  return [...result].map(({ labels, distances }) => ({ labels: [...labels], distances: [...distances] }));
}

describe('an inverted file', () => {
  test('answers a batch in which one query is far away', () => {
    const [d, n] = [4, 212];
    for (let i = 0; i < 60; i++) {
      const index = new IndexIDMap(new IndexIVFFlat(d, 1));
      const vectors = numbers(n * d);
      index.trainSync(vectors);
      index.addWithIdsSync(vectors, upTo(n));
      const queries = numbers(40 * d);
      queries[5 * d] = 1e16;
      const labels = index.searchSync(queries, 3).labels;
      expect(labels.every((label) => label >= 0n && label < n)).toBe(true);
    }
  });

  test('answers a batch as its queries one by one, where a filter keeps some from finding k', () => {
    const [d, k] = [8, 50];
    const sizes = [168, 2000, 5];
    const places = [0, 200, 40];
    const vectors = numbers(sizes.reduce((a, b) => a + b) * d);
    const near = (list: number, row: Float32Array) => {
      row[0] = (row[0] as number) + (places[list] as number);
    };
    let at = 0;
    for (const [list, size] of sizes.entries()) {
      for (const end = at + size; at < end; at++) near(list, vectors.subarray(at * d, at * d + 1));
    }
    const quantizer = new IndexFlatL2(d);
    quantizer.addSync(new Float32Array(3 * d).map((_, i) => (i % d === 0 ? (places[i / d] as number) : 0)));
    const index = new IndexIVFFlat(d, 3, { quantizer });
    index.addSync(vectors);
    const filter = new IDSelectorBatch(upTo(index.ntotal).filter((id) => id % 4 === 0));
    const queries = numbers(60 * d);
    for (let q = 0; q < 60; q++) near(q === 7 ? 2 : 1, queries.subarray(q * d, q * d + 1));
    const options = { nprobe: 3, filter };
    const alone = [...Array(60).keys()].flatMap((q) =>
      rowsOf(index.searchSync(queries.slice(q * d, (q + 1) * d), k, options)),
    );
    expect(rowsOf(index.searchSync(queries, k, options))).toEqual(alone);
  });
});
