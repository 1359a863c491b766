/**
 * IndexRefineFlat: the contract suite over bases that find every candidate; over bases that err, the order of plain
 * arithmetic among the candidates that the base itself names.
 */

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  IDSelectorRange,
  type Index,
  IndexFlat,
  IndexFlatL2,
  IndexIDMap,
  IndexIDMap2,
  IndexIVFFlat,
  IndexIVFScalarQuantizer,
  IndexPreTransform,
  IndexRefine,
  IndexRefineFlat,
  type IndexRefineOptions,
  indexFactory,
  type Metric,
  tune,
} from '../lib/index.js';
import { exactCodes } from './codes.js';
import { testIndex } from './contract.js';
import { hostile } from './hostile.js';
import { Mirror } from './mirror.js';
import { Random } from './random.js';
import { expectFound, expectSameBits, readBack } from './subject.js';

testIndex('IndexRefineFlat of a flat index', (d) => new IndexRefineFlat(new IndexFlatL2(d)), { metric: 'l2' });
// Which of equally near vectors are candidates goes by position: with so many, all of them are.
testIndex(
  'IndexIDMap of IndexRefineFlat of halves by inner product',
  (d) => new IndexIDMap(new IndexRefineFlat(exactCodes(d, 5, 'SQfp16', { metric: 'ip' }), { kFactor: 100 })),
  { metric: 'ip', mapped: true },
);

testIndex('IndexRefine in halves', (d) => new IndexRefine(new IndexFlatL2(d), 'SQfp16'), { metric: 'l2' });

const unsupported = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED', message: expect.stringMatching(message) });

describe('making an IndexRefineFlat', () => {
  test('says what it is', () => {
    const baseIndex = new IndexIVFScalarQuantizer(3, 7, 'SQ8', { metric: 'ip' });
    const index = new IndexRefineFlat(baseIndex);
    expect([index.d, index.metric, index.ntotal, index.isTrained, index.kFactor]).toEqual([3, 'ip', 0, false, 1]);
    expect(index.baseIndex).toBe(baseIndex);
    expect(inspect(new IndexRefineFlat(new IndexFlatL2(3), { kFactor: 2.5 }), { breakLength: Infinity })).toBe(
      "IndexRefineFlat { d: 3, ntotal: 0, metric: 'l2', kFactor: 2.5, isTrained: true, index: " +
        "IndexFlatL2 { d: 3, ntotal: 0, metric: 'l2' } }",
    );
    index.kFactor = 1.1;
    expect(index.kFactor).toBe(Math.fround(1.1));
    const read = readBack(index) as IndexRefineFlat;
    expect(read).toBeInstanceOf(IndexRefineFlat);
    expect([read.kFactor, read.isTrained]).toEqual([Math.fround(1.1), false]);
    expect(read.baseIndex).toBeInstanceOf(IndexIVFScalarQuantizer);
  });

  test('takes an empty index without a map, and changes it from then on', () => {
    const filled = new IndexFlatL2(1);
    filled.addSync(Float32Array.of(1));
    expect(() => new IndexRefineFlat(filled)).toThrow(unsupported(/only wrap an empty index; .* holds 1 vectors/));
    const map = new IndexIDMap2(new IndexFlatL2(1));
    expect(() => new IndexRefineFlat(map)).toThrow(unsupported(/new IndexIDMap2\(new IndexRefineFlat\(base\)\)/));
    const base = new IndexFlatL2(1);
    const index = new IndexRefineFlat(base);
    expect(() => new IndexRefineFlat(index)).toThrow(unsupported(/another refinement/));
    expect(() => new IndexRefineFlat(base)).toThrow(unsupported(/wrapped by another index already/));
    expect(() => base.addSync(Float32Array.of(1))).toThrow(unsupported(/use the wrapper/));
    expect(() => index.addWithIdsSync(Float32Array.of(1), [7])).toThrow(
      unsupported(/new IndexIDMap\(index\)\.addWithIds\(vectors, ids\)/),
    );
    index.addSync(Float32Array.of(4));
    expect([base.ntotal, index.ntotal]).toEqual([1, 1]);
  });

  test.each(Object.entries(hostile))('%s is no base and no factor', (title, make) => {
    if (title !== 'index') {
      expect(() => new IndexRefineFlat(make() as Index)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE', message: expect.stringMatching(/"baseIndex"/) }),
      );
    }
    const value = make() as number;
    if (value === undefined || (typeof value === 'number' && value >= 1 && value <= 1000)) return;
    const index = new IndexRefineFlat(new IndexFlatL2(1));
    const code = typeof value === 'number' ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE';
    const refusal = (name: string) =>
      expect.objectContaining({ code, message: expect.stringMatching(new RegExp(`"${name}"`)) });
    const base = new IndexFlatL2(1);
    expect(() => new IndexRefineFlat(base, { kFactor: value })).toThrow(refusal('options.kFactor'));
    expect(new IndexRefineFlat(base).kFactor).toBe(1); // nothing was wrapped
    expect(() => {
      index.kFactor = value;
    }).toThrow(refusal('kFactor'));
    expect(index.kFactor).toBe(1);
    const option = { kFactor: value };
    expect(() => index.searchSync(Float32Array.of(1), 1, option)).toThrow(refusal('options.kFactor'));
    expect(() => index.rangeSearchSync(Float32Array.of(1), 1, option)).toThrow(refusal('options.kFactor'));
  });

  test.each([0, 0.99, -1, 1000.5, NaN, Infinity])('the factor is not %s', async (kFactor) => {
    const error = expect.objectContaining({
      name: 'RangeError',
      code: 'ERR_OUT_OF_RANGE',
      message: `The value of "options.kFactor" is out of range. It must be a number >= 1 && <= 1000. Received ${kFactor}`,
    });
    expect(() => new IndexRefineFlat(new IndexFlatL2(1), { kFactor })).toThrow(error);
    const index = new IndexRefineFlat(new IndexFlatL2(1));
    await expect(index.search(Float32Array.of(1), 1, { kFactor })).rejects.toThrow(error);
    await expect(index.rangeSearch(Float32Array.of(1), 1, { kFactor })).rejects.toThrow(error);
  });

  test.each(Object.entries(hostile))('%s is refused as options', (title, make) => {
    if (['undefined', 'object', '{}'].includes(title) || (typeof make() === 'object' && make() !== null)) return;
    expect(() => new IndexRefineFlat(new IndexFlatL2(1), make() as IndexRefineOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE', message: expect.stringMatching(/"options"/) }),
    );
  });
});

/** n vectors of whole numbers, so that distances are exact, in clusters: bytes of their spread err by several. */
function clustered(random: Random, n: number, d: number): Float32Array {
  const centres = random.integers(20 * d, -400, 400);
  const vectors = random.integers(n * d, -30, 30);
  for (let i = 0; i < n; i++) {
    const centre = random.integer(0, 19) * d;
    for (let j = 0; j < d; j++) vectors[i * d + j]! += centres[centre + j]!;
  }
  return vectors;
}

const [N, D, K, NQ, NLIST] = [4000, 12, 10, 40, 8];

function filled(description: string, metric: Metric, ids?: BigInt64Array) {
  const random = new Random(21);
  const vectors = clustered(random, N, D);
  const index = indexFactory(D, description, metric);
  index.trainSync(vectors);
  if (ids === undefined) index.addSync(vectors);
  else index.addWithIdsSync(vectors, ids);
  return { index, vectors, queries: clustered(new Random(22), NQ, D), random };
}

describe.each(['l2', 'ip'] as const)('over a base that errs, by %s', (metric) => {
  const options = [
    { kFactor: 1, nprobe: 3 },
    { kFactor: 1.55, nprobe: NLIST },
    { kFactor: 4, nprobe: 2, filter: new IDSelectorRange(1000, 1500) },
    { kFactor: 1000, nprobe: NLIST },
  ];

  test.each(options)('answers with its candidates in exact order: %o', async (option) => {
    const { index, vectors, queries } = filled(`IVF${NLIST},SQ8,Refine(Flat)`, metric);
    const base = (index as IndexRefineFlat).baseIndex;
    const count = Math.floor(Math.fround(K * Math.fround(option.kFactor)));
    const { kFactor: _, ...rest } = option;
    const named = base.searchSync(queries, count, rest);
    const found = await index.search(queries, K, option);
    for (let q = 0; q < NQ; q++) {
      const candidates = new Mirror(D, metric, false);
      for (const id of named.row(q).labels) {
        candidates.add(vectors.subarray(Number(id) * D, (Number(id) + 1) * D), BigInt64Array.of(id));
      }
      const one = queries.subarray(q * D, (q + 1) * D);
      const expected = candidates.search(one, K);
      const row = {
        labels: found.labels.subarray(q * K, (q + 1) * K),
        distances: found.distances.subarray(q * K, (q + 1) * K),
      };
      expectFound(row, expected);
      expectFound(await index.search(one, K, option), expected);
    }
  });

  test('the factor of the index is that of calls that name none', () => {
    const { index, queries } = filled(`IVF${NLIST},SQ8,RFlat`, metric);
    const refine = index as IndexRefineFlat;
    const by = (kFactor: number) => refine.searchSync(queries, K, { kFactor, nprobe: NLIST });
    const [one, four] = [by(1), by(4)];
    expect(one).not.toEqual(four);
    expect(refine.searchSync(queries, K, { nprobe: NLIST })).toEqual(one);
    refine.kFactor = 4;
    expect(refine.searchSync(queries, K, { nprobe: NLIST })).toEqual(four);
    expect(by(1)).toEqual(one);
    expect(readBack(refine).searchSync(queries, K, { nprobe: NLIST })).toEqual(four);
  });

  test('finds more of the nearest than the codes alone, the more the larger the factor', () => {
    const { index, vectors, queries } = filled(`IVF${NLIST},SQ8,RFlat`, metric);
    const exact = new IndexFlat(D, { metric });
    exact.addSync(vectors);
    const truth = exact.searchSync(queries, K);
    const recall = (one: Index, kFactor?: number) => {
      const found = one.searchSync(queries, K, { kFactor, nprobe: NLIST });
      let hits = 0;
      for (let q = 0; q < NQ; q++) {
        const labels = new Set(truth.row(q).labels);
        for (const label of found.row(q).labels) hits += labels.has(label) ? 1 : 0;
      }
      return hits / (NQ * K);
    };
    const codes = recall((index as IndexRefineFlat).baseIndex);
    expect(codes).toBeLessThan(0.98);
    expect(recall(index, 1)).toBe(codes); // the same ones, in another order
    expect(recall(index, 2)).toBeGreaterThan(codes);
    expect(recall(index, 4)).toBeGreaterThanOrEqual(recall(index, 2));
    expect(recall(index, 100)).toBeGreaterThan(0.995);
  });

  test('ids of the caller and filters by them, with some vectors under one id', async () => {
    const ids = BigInt64Array.from({ length: N }, (_, i) => BigInt((i * 7919) % 3001) - 1500n).map((id) =>
      id === -1n ? 5000n : id,
    );
    const { index, vectors, queries } = filled(`IVF${NLIST},SQ8,RFlat,IDMap`, metric, ids);
    const mirror = new Mirror(D, metric, false);
    mirror.add(vectors, ids);
    const all = { nprobe: NLIST, kFactor: 1000 };
    expectFound(await index.search(queries, K, all), mirror.search(queries, K));
    const filter = new IDSelectorRange(-100, 900);
    const member = (id: bigint) => id >= -100n && id < 900n;
    expectFound(await index.search(queries, K, { ...all, filter }), mirror.search(queries, K, member));
    const radius = mirror.search(queries, K).distances[K - 1]!;
    const near = await index.rangeSearch(queries, radius, { ...all, filter });
    expectFound(near, mirror.rangeSearch(queries, radius, member));
    expect([...index.reconstructSync(ids[17]!)]).toEqual([...mirror.vector(ids[17]!)!]);
  });
});

test('over all lists of vectors it gives the bits of a flat index', () => {
  const random = new Random(31);
  const vectors = random.floats(N * D);
  const base = new IndexIVFFlat(D, NLIST, { nprobe: NLIST });
  const [index, flat] = [new IndexRefineFlat(base), new IndexFlatL2(D)];
  index.trainSync(vectors);
  for (const one of [index, flat]) one.addSync(vectors);
  const queries = random.floats(NQ * D);
  expect(index.searchSync(queries, K)).toEqual(flat.searchSync(queries, K));
  expect(index.searchSync(queries, K, { kFactor: 3 })).toEqual(flat.searchSync(queries, K));
});

test('2000 operations against a plain model', async () => {
  const random = new Random(41);
  const sample = clustered(random, 500, 4);
  let index: Index = indexFactory(4, 'IVF5,SQ8,RFlat');
  index.trainSync(sample);
  const mirror = new Mirror(4, 'l2', true);
  const all = { nprobe: 5, kFactor: 1000 };
  for (let i = 0; i < 2000; i++) {
    const draw = random.next();
    if (draw < 0.3) {
      const vectors = clustered(random, random.integer(0, 12), 4);
      if (random.next() < 0.5) await index.add(vectors);
      else index.addSync(vectors);
      mirror.add(vectors);
    } else if (draw < 0.4) {
      const from = random.integer(0, 300);
      const to = from + random.integer(0, mirror.ntotal > 500 ? 200 : 20);
      const removed = await index.removeIds(new IDSelectorRange(from, to));
      expect(removed).toBe(mirror.remove((id) => id >= from && id < to));
    } else if (draw < 0.85) {
      const queries = clustered(random, random.integer(1, 3), 4);
      const k = random.integer(1, 30);
      const from = BigInt(random.integer(0, 200));
      const filter = random.next() < 0.3 ? new IDSelectorRange(from, 400) : undefined;
      const member = (id: bigint) => filter === undefined || (id >= from && id < 400n);
      expectFound(await index.search(queries, k, { ...all, filter }), mirror.search(queries, k, member));
    } else if (draw < 0.95 && mirror.ntotal > 0) {
      const id = BigInt(random.integer(0, mirror.ntotal - 1));
      expect(index.reconstructSync(id)).toEqual(mirror.vector(id));
    } else if (draw < 0.99) {
      index = readBack(index);
    } else {
      index.resetSync();
      mirror.remove(() => true);
    }
    expect(index.ntotal).toBe(mirror.ntotal);
  }
});

describe('IndexRefine', () => {
  const [n, d] = [2000, 16];
  const vectors = new Random(5).floats(n * d);
  const queries = new Random(6).floats(20 * d);

  test('says what it is', () => {
    const index = new IndexRefine(new IndexFlatL2(3), 'SQ8', { kFactor: 2.5 });
    expect([index.kFactor, index.isTrained, index instanceof IndexRefineFlat]).toEqual([2.5, false, false]);
    expect(new IndexRefineFlat(new IndexFlatL2(3))).toBeInstanceOf(IndexRefine);
    expect(inspect(index, { breakLength: Infinity })).toContain('IndexRefine { d: 3, ntotal: 0');
    expect(readBack(index)).toBeInstanceOf(IndexRefine);
    expect(() => new IndexRefine(new IndexFlatL2(3), 'SQ9' as 'SQ8')).toThrow(/'code' must be one of/);
    const untrained = expect.objectContaining({ code: 'ERR_VORONODE_NOT_TRAINED' });
    expect(() => new IndexRefine(new IndexIDMap2(new IndexFlatL2(1)), 'SQ8')).toThrow(
      unsupported(/An IndexRefine cannot wrap an IndexIDMap2; .* new IndexIDMap2\(new IndexRefine\(base, code\)\)/),
    );
    expect(() => index.addSync(new Float32Array(3))).toThrow(untrained);
    expect(() => index.searchSync(new Float32Array(3), 1)).toThrow(untrained);
    expect(() => index.rangeSearchSync(new Float32Array(3), 1)).toThrow(untrained);
    expect(index.ntotal).toBe(0);
  });

  test.each(['SQ8', 'SQ6', 'SQ4', 'SQfp16', 'SQbf16'] as const)(
    'orders all by the decoded vectors: %s',
    async (code) => {
      const index = indexFactory(d, `SQ4,Refine(${code})`) as IndexRefine;
      await index.train(vectors);
      await index.add(vectors);
      const decoded = new IndexFlatL2(d);
      decoded.addSync(index.reconstructSync(Array.from({ length: n }, (_, i) => i)));
      const all = { kFactor: n / 10 };
      expectSameBits(await index.search(queries, 10, all), decoded.searchSync(queries, 10));
      expectSameBits(readBack(index).searchSync(queries, 10, all), decoded.searchSync(queries, 10));
      const gone = [3, 500, 1999];
      index.removeIdsSync(gone);
      decoded.removeIdsSync(gone);
      expectSameBits(index.searchSync(queries, 10, all), decoded.searchSync(queries, 10));
    },
  );

  test('a training or an add that fails changes nothing', () => {
    const index = indexFactory(1, 'Flat,Refine(SQ8)');
    expect(() => index.trainSync(Float32Array.of(3e38, -3e38))).toThrow(/no range/);
    expect(index.isTrained).toBe(false);
    const direct = indexFactory(2, 'Flat,Refine(SQ8_direct)');
    direct.addSync(Float32Array.of(1, 2));
    expect(() => direct.addSync(Float32Array.of(1, 2, 3, -1))).toThrow(/SQ8_direct needs components/);
    expect([direct.ntotal, ...direct.searchSync(Float32Array.of(1, 2), 2).labels]).toEqual([1, 0n, -1n]);
  });

  test('merges with one that was trained alike alone', () => {
    const make = () => indexFactory(1, 'Flat,Refine(SQ8)');
    const [a, b, other] = [make(), make(), make()];
    for (const index of [a, b]) index.trainSync(Float32Array.of(0, 255));
    other.trainSync(Float32Array.of(0, 254));
    for (const index of [a, b, other]) index.addSync(Float32Array.of(7, 9));
    a.mergeFromSync(b);
    expect([a.ntotal, b.ntotal]).toEqual([4, 0]);
    expect(() => a.mergeFromSync(other)).toThrow(unsupported(/the same training/));
    expect([a.ntotal, other.ntotal]).toEqual([4, 2]);
  });
});

test('tune finds nprobe through it', async () => {
  const { index, queries } = filled(`IVF${NLIST},SQ8,RFlat`, 'l2');
  const base = (index as IndexRefineFlat).baseIndex as IndexIVFScalarQuantizer;
  const { nprobe, curve } = await tune(index, queries, { recall: 0.9, set: true });
  expect(base.nprobe).toBe(nprobe);
  expect(curve.at(-1)).toMatchObject({ nprobe: NLIST, recall: 1 });
  expect(curve[0]!.recall).toBeLessThan(1);
});

test('behind L2norm the candidates are by direction, the distances those of the vectors themselves, as in Faiss', () => {
  const index = indexFactory(2, 'L2norm,Flat,RFlat', 'ip') as IndexRefineFlat;
  expect(index).toBeInstanceOf(IndexRefineFlat);
  expect(index.baseIndex).toBeInstanceOf(IndexPreTransform);
  index.addSync(Float32Array.of(1, 1, 9, 0, 0, 5));
  expect([...index.reconstructSync(1)]).toEqual([9, 0]);
  const { labels, distances } = index.searchSync(Float32Array.of(2, 2), 1);
  expect([labels[0], distances[0]]).toEqual([0n, 4]);
  expect(index.searchSync(Float32Array.of(2, 2), 1, { kFactor: 3 }).labels[0]).toBe(1n);
});

test('the factor widens a radius by either metric', () => {
  for (const metric of ['l2', 'ip'] as const) {
    const { index, vectors, queries } = filled(`IVF${NLIST},SQ8,RFlat`, metric);
    const mirror = new Mirror(D, metric, true);
    mirror.add(vectors);
    const radius = mirror.search(queries, K).distances[5 * K - 1]!;
    const expected = mirror.rangeSearch(queries, radius);
    expectFound(index.rangeSearchSync(queries, radius, { nprobe: NLIST, kFactor: 2 }), expected);
    const narrow = index.rangeSearchSync(queries, radius, { nprobe: NLIST });
    expect(narrow.labels.length).toBeLessThanOrEqual(expected.labels.length);
  }
});
