import { describe, expect, test } from 'vitest';
import { IndexFlatIP, IndexFlatL2, type IndexIDMap, IndexPreTransform, indexFactory } from '../lib/index.js';
import { testIndex } from './contract.js';
import { Random } from './random.js';
import { readBack } from './subject.js';

testIndex('L2norm,Flat by inner product', (d) => indexFactory(d, 'L2norm,Flat', 'ip'), {
  metric: 'ip',
  normalizes: true,
});
testIndex('L2norm,Flat by distance', (d) => indexFactory(d, 'L2norm,Flat', 'l2'), { metric: 'l2', normalizes: true });
testIndex('IDMap,L2norm,Flat', (d) => indexFactory(d, 'IDMap,L2norm,Flat', 'ip'), {
  metric: 'ip',
  mapped: true,
  normalizes: true,
});

describe('IndexPreTransform', () => {
  test('has no constructor of its own', () => {
    const Class = IndexPreTransform as unknown as new (...args: unknown[]) => IndexPreTransform;
    expect(() => new Class()).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' }));
    expect(() => new Class(new IndexFlatL2(2))).toThrow(/indexFactory/);
  });

  test('shows the index behind it', () => {
    for (const made of [indexFactory(3, 'L2norm,Flat', 'ip'), readBack(indexFactory(3, 'L2norm,Flat', 'ip'))]) {
      expect(made).toBeInstanceOf(IndexPreTransform);
      const index = made as IndexPreTransform;
      expect(index.index).toBeInstanceOf(IndexFlatIP);
      expect(index.index).toBe(index.index);
      index.addSync(Float32Array.of(3, 0, 4));
      expect(index.index.ntotal).toBe(1);
      expect(index.reconstructSync(0)).toEqual(Float32Array.of(0.6, 0, 0.8));
      expect(() => index.index.addSync(new Float32Array(3))).toThrow(
        expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' }),
      );
    }
    const map = indexFactory(3, 'IDMap,L2norm,Flat') as IndexIDMap;
    expect(map.index).toBeInstanceOf(IndexPreTransform);
    expect((map.index as IndexPreTransform).index).toBeInstanceOf(IndexFlatL2);
  });

  test('turns the inner product into the cosine', () => {
    const random = new Random(5);
    const [n, d] = [200, 24];
    const [vectors, query] = [random.floats(n * d).map((x) => x * 1000), random.floats(d)];
    const index = indexFactory(d, 'L2norm,Flat', 'ip');
    index.addSync(vectors);
    const cosine = (i: number) => {
      const row = vectors.subarray(i * d, (i + 1) * d);
      return row.reduce((sum, x, j) => sum + x * query[j]!, 0) / Math.hypot(...row) / Math.hypot(...query);
    };
    const { labels, distances } = index.searchSync(query, n).row(0);
    labels.forEach((label, i) => {
      expect(distances[i]).toBeCloseTo(cosine(Number(label)), 5);
    });
    expect(new Set(labels).size).toBe(n);
  });

  test.each(['L2norm,Flat', 'IDMap,L2norm,Flat', 'L2norm,IVF16,Flat', 'L2norm,IVF16,SQ8'])(
    'has no cosine beyond 1: %s',
    (description) => {
      const [n, d] = [2000, 384];
      const vectors = new Random(6).floats(n * d);
      const index = indexFactory(d, description, 'ip');
      index.trainSync(vectors);
      if (description.startsWith('IDMap'))
        index.addWithIdsSync(
          vectors,
          BigInt64Array.from({ length: n }, (_, i) => BigInt(i)),
        );
      else index.addSync(vectors);
      const all = description.includes('IVF') ? { nprobe: 16 } : undefined;
      const found = index.searchSync(vectors, 2, all);
      expect(Math.max(...found.distances)).toBe(1);
      expect(found.distances.some((cosine) => Number.isNaN(Math.acos(cosine)))).toBe(false);
      const near = index.rangeSearchSync(vectors.subarray(0, 100 * d), 0.9, all);
      expect(near.labels).toHaveLength(100);
      expect(Math.max(...near.distances)).toBeLessThanOrEqual(1);
      expect(index.rangeSearchSync(vectors, 1, all).labels).toHaveLength(0);
    },
  );

  test('leaves vectors of zeros, and takes tiny and huge ones', () => {
    const index = indexFactory(2, 'L2norm,Flat', 'ip');
    index.addSync(Float32Array.of(0, 0, 1e-40, 0, 3e38, 3e38));
    expect(index.reconstructSync(0)).toEqual(Float32Array.of(0, 0));
    expect(index.reconstructSync(1)).toEqual(Float32Array.of(1, 0));
    expect(index.reconstructSync(2)).toEqual(Float32Array.of(Math.SQRT1_2, Math.SQRT1_2));
  });
});
