import { describe, expect, test } from 'vitest';
import {
  deserializeIndexSync,
  getThreads,
  type Index,
  IndexFlatIP,
  IndexFlatL2,
  type IndexIDMap,
  IndexIVFFlat,
  IndexPreTransform,
  indexFactory,
  type Metric,
  serializeIndexSync,
  setThreads,
  tune,
} from '../lib/index.js';
import { testIndex } from './contract.js';
import { Random } from './random.js';
import { readBack } from './subject.js';
import { warningsOf } from './warnings.js';

/** Behind a matrix that is in a file: component j becomes component j + 1, the last one, with the other sign, the first. */
function turned(d: number, metric: Metric): Index {
  const bytes = Buffer.from(serializeIndexSync(indexFactory(d, 'RR,Flat', metric)));
  const matrix = new Float32Array(d * d);
  for (let j = 0; j < d; j++) matrix[((j + 1) % d) * d + j] = j === d - 1 ? -1 : 1;
  const counts = [Buffer.alloc(8), Buffer.alloc(8)] as const;
  counts[0].writeBigUInt64LE(BigInt(d * d));
  const end = bytes.subarray(bytes.indexOf('rrot') + 4 + 17, bytes.indexOf('IxF') - 1);
  const head = Buffer.from(bytes.subarray(0, bytes.indexOf('rrot')));
  head[32] = 1; // trained
  const parts = [head, Buffer.from('LTra\0'), counts[0], Buffer.from(matrix.buffer), counts[1], end, Buffer.from([1])];
  return deserializeIndexSync(Buffer.concat([...parts, bytes.subarray(bytes.indexOf('IxF'))]));
}

testIndex('Pad,Flat by distance', (d) => indexFactory(d, `Pad${d + 3},Flat`), { metric: 'l2' });
testIndex('IDMap,Pad,Flat by linf', (d) => indexFactory(d, `IDMap,Pad${d + 3},Flat`, 'linf'), {
  metric: 'linf',
  mapped: true,
});
testIndex('a matrix by inner product', (d) => turned(d, 'ip'), { metric: 'ip' });

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

const unsupported = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED', message: expect.stringMatching(message) });

/** n vectors whose component j varies less the greater j is, mixed with its neighbour. */
function sloping(n: number, d: number, seed = 3): Float32Array {
  const x = new Random(seed).floats(n * d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) x[i * d + j]! /= j + 1;
    for (let j = 0; j + 1 < d; j++) {
      const [a, b] = [x[i * d + j]!, x[i * d + j + 1]!];
      x.set([0.6 * a - 0.8 * b, 0.8 * a + 0.6 * b], i * d + j);
    }
  }
  return x;
}

const squared = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, j) => sum + (x - b[j]!) ** 2, 0);
const row = (x: Float32Array, i: number, d: number) => x.subarray(i * d, (i + 1) * d);

describe('transforms that learn', () => {
  const [N, D] = [400, 20];
  const vectors = sloping(N, D);

  test.each(['PCA5,Flat', 'PCAW5,Flat', 'PCAR5,Flat', 'PCAWR5,Flat', 'RR,Flat', 'RR5,Flat', 'IDMap,PCA5,Flat'])(
    'must be trained, once: %s',
    async (description) => {
      const index = indexFactory(D, description);
      expect(index.isTrained).toBe(false);
      const notTrained = expect.objectContaining({ code: 'ERR_VORONODE_NOT_TRAINED' });
      await expect(index.search(row(vectors, 0, D), 1)).rejects.toThrow(notTrained);
      expect(() => index.rangeSearchSync(row(vectors, 0, D), 1)).toThrow(notTrained);
      const add = (to: Index) =>
        description.startsWith('IDMap')
          ? to.addWithIdsSync(
              vectors,
              Array.from({ length: N }, (_, i) => i),
            )
          : to.addSync(vectors);
      expect(() => add(index)).toThrow(notTrained);
      expect(readBack(index).isTrained).toBe(false);
      await index.train(vectors);
      expect(index.isTrained).toBe(true);
      const other = indexFactory(D, description);
      const before = getThreads();
      setThreads(3);
      other.trainSync(vectors);
      setThreads(before);
      expect(Buffer.from(serializeIndexSync(index)).equals(serializeIndexSync(other))).toBe(true);
      add(index);
      const found = index.searchSync(vectors, 3);
      await index.train(sloping(N, D, 99)); // changes nothing
      expect(index.searchSync(vectors, 3)).toEqual(found);
      const back = readBack(index);
      expect(back.searchSync(vectors, 3)).toEqual(found);
      expect(Buffer.from(serializeIndexSync(back)).equals(serializeIndexSync(index))).toBe(true);
    },
  );

  test('a rotation and all components keep distances, fewer components lose what varies least', () => {
    const flat = indexFactory(D, 'Flat');
    flat.addSync(vectors);
    const exact = flat.searchSync(vectors, 5);
    let last = 0;
    for (const description of [
      'PCA20,Flat',
      'PCAR20,Flat',
      'RR,Flat',
      'RR40,Flat',
      'PCA12,Flat',
      'PCA3,Flat',
      'PCA1,Flat',
    ]) {
      const index = indexFactory(D, description);
      index.trainSync(vectors);
      index.addSync(vectors);
      const { labels, distances } = index.searchSync(vectors, 5);
      if (/^(PCAR?20|RR)/.test(description)) {
        expect(labels).toEqual(exact.labels);
        distances.forEach((distance, i) => {
          expect(distance).toBeCloseTo(exact.distances[i]!, 4);
        });
      }
      const missed = labels.filter(
        (label, i) => !exact.labels.slice(i - (i % 5), i - (i % 5) + 5).includes(label),
      ).length;
      expect(missed).toBeGreaterThanOrEqual(last);
      last = missed;
    }
    expect(last).toBeGreaterThan(N);
  });

  test('reconstruct goes back as far as it can', async () => {
    const errors: Record<string, number> = {};
    for (const description of [
      'RR,Flat',
      'RR40,Flat',
      'PCA20,Flat',
      'PCAR20,Flat',
      'Pad33,Flat',
      'PCA3,Flat',
      'PCA10,RR,Flat',
    ]) {
      const index = indexFactory(D, description);
      index.trainSync(vectors);
      index.addSync(vectors);
      const [one, some] = [index.reconstructSync(7), await index.reconstruct([3, 7])];
      expect([one.length, some.length]).toEqual([D, 2 * D]);
      expect(row(some, 1, D)).toEqual(one);
      errors[description] = squared(one, row(vectors, 7, D));
      expect((index as IndexPreTransform).index.reconstructSync(7)).toHaveLength((index as IndexPreTransform).index.d);
    }
    for (const exact of ['RR,Flat', 'RR40,Flat', 'PCA20,Flat', 'PCAR20,Flat', 'Pad33,Flat'])
      expect(errors[exact]).toBeLessThan(1e-9);
    expect(errors['PCA10,RR,Flat']).toBeLessThan(errors['PCA3,Flat']!);
    expect(errors['PCA10,RR,Flat']).toBeGreaterThan(1e-9);

    const scaled = indexFactory(D, 'PCAW5,Flat');
    scaled.trainSync(vectors);
    scaled.addSync(vectors);
    expect(() => scaled.reconstructSync(7)).toThrow(unsupported(/not orthonormal/));
    await expect(scaled.reconstruct([7])).rejects.toThrow(unsupported(/not orthonormal/));
    expect(scaled.hasSync(7)).toBe(true);
    expect(scaled.index.reconstructSync(7)).toHaveLength(5);
    expect(() => scaled.reconstructSync(N)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  });

  test('a refinement around one has exact distances, an inverted file behind one its own', async () => {
    const refined = indexFactory(D, 'PCA4,Flat,RFlat');
    refined.trainSync(vectors);
    refined.addSync(vectors);
    const { labels, distances } = refined.searchSync(row(vectors, 9, D), 4, { kFactor: 10 });
    labels.forEach((label, i) => {
      expect(distances[i]).toBeCloseTo(squared(row(vectors, Number(label), D), row(vectors, 9, D)), 5);
    });
    expect([...refined.reconstructSync(9)]).toEqual([...row(vectors, 9, D)]);

    const lists = indexFactory(D, 'IDMap,PCA4,IVF16,Flat');
    const warnings = await warningsOf(() => lists.train(vectors));
    expect(warnings).toEqual([expect.objectContaining({ message: expect.stringMatching(/find 16 lists from/) })]);
    lists.addWithIdsSync(
      vectors,
      Array.from({ length: N }, (_, i) => i + 1000),
    );
    expect([lists.d, lists.index.d, lists.index.index.d, lists.index.index.quantizer.d]).toEqual([D, D, 4, 4]);
    expect(lists.searchSync(vectors, 1, { nprobe: 16 }).labels).toEqual(
      BigInt64Array.from({ length: N }, (_, i) => BigInt(i + 1000)),
    );
    expect((await tune(lists, vectors.subarray(0, 20 * D), { recall: 1 })).recall).toBe(1);
    expect(await lists.removeIds([1003])).toBe(1);
    expect(lists.ntotal).toBe(N - 1);
  });

  test('merging needs the same training', async () => {
    const trained = indexFactory(D, 'PCA4,Flat');
    trained.trainSync(vectors);
    const [a, b] = [readBack(trained), readBack(trained)];
    a.addSync(vectors.subarray(0, 10 * D));
    b.addSync(vectors.subarray(10 * D, 30 * D));
    await a.mergeFrom(b);
    expect([a.ntotal, b.ntotal]).toEqual([30, 0]);
    const other = indexFactory(D, 'PCA4,Flat');
    other.trainSync(sloping(N, D, 5));
    await expect(a.mergeFrom(other)).rejects.toThrow(unsupported(/same transforms/));
    await expect(a.mergeFrom(indexFactory(D, 'PCA4,Flat'))).rejects.toThrow(unsupported(/same transforms/));
    await expect(a.mergeFrom(indexFactory(D, 'Pad4,Flat'))).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' }),
    );
  });

  test('a failed or aborted training leaves all as it was', async () => {
    const index = indexFactory(D, 'PCA5,IVF16,Flat');
    const before = serializeIndexSync(index);
    expect(() => index.trainSync(vectors.subarray(0, 8 * D))).toThrow(/at least as many vectors as lists/);
    expect(() => index.trainSync(new Float32Array())).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    );
    const abort = new AbortController();
    const work = index.train(new Random(4).floats(20_000 * D), { signal: abort.signal });
    abort.abort();
    await expect(work).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(index.isTrained).toBe(false);
    expect(serializeIndexSync(index)).toEqual(before);
    const equal = new Float32Array(50 * D).fill(2);
    expect(() => indexFactory(D, 'PCAW3,Flat').trainSync(equal)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringMatching(/vary in 0 directions/),
      }),
    );
    const far = Float32Array.from({ length: 4 * D }, (_, i) => (i % 3 === 0 ? 3e38 : -3e38));
    expect(() => indexFactory(D, 'PCA3,Flat').trainSync(far)).toThrow(/Float32 cannot hold/);
  });

  test('what a transform would make infinite is refused, with its row, and nothing is added', async () => {
    const index = indexFactory(2, 'RR,Flat');
    index.trainSync(new Float32Array());
    const x = Float32Array.of(1, 2, 3, 4, 3.4e38, 3.4e38, 3.4e38, -3.4e38);
    const beyond = expect.objectContaining({
      code: 'ERR_OUT_OF_RANGE',
      message: expect.stringMatching(/RandomRotationMatrix.* row [23] became -?Infinity/),
    });
    expect(() => index.addSync(x)).toThrow(beyond);
    await expect(index.search(x, 1)).rejects.toThrow(beyond);
    expect(() => index.rangeSearchSync(x, 1)).toThrow(beyond);
    expect(index.ntotal).toBe(0);
    index.addSync(x.subarray(0, 4));
    expect(index.ntotal).toBe(2);
  });
});

describe('a trained quantizer', () => {
  test('is copied for each further inverted file, also out of one', () => {
    const x = new Random(8).floats(800);
    const quantizer = new IndexFlatL2(4);
    const first = new IndexIVFFlat(4, 5, { quantizer });
    first.trainSync(x);
    const refusal = unsupported(
      /IndexFlat is wrapped by another index already; .* deserializeIndexSync\(serializeIndexSync/,
    );
    expect(() => new IndexIVFFlat(4, 5, { quantizer })).toThrow(refusal);
    expect(() => new IndexIVFFlat(4, 5, { quantizer: first.quantizer })).toThrow(refusal);
    const second = new IndexIVFFlat(4, 5, { quantizer: deserializeIndexSync(serializeIndexSync(quantizer)) });
    const third = new IndexIVFFlat(4, 5, { quantizer: readBack(second.quantizer) });
    for (const index of [first, second, third]) {
      expect(index.isTrained).toBe(true);
      index.addSync(x);
    }
    expect(third.listSizesSync()).toEqual(first.listSizesSync());
    second.mergeFromSync(third, 200n);
    expect(second.ntotal).toBe(400);
  });
});
