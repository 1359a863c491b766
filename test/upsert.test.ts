/** Vectors that are replaced and removed while others search: every search sees the vectors of one moment. */

import { describe, expect, test } from 'vitest';
import * as v from '../lib/index.js';
import { Random } from './random.js';

const D = 16;

/** What takes ids; with more, whether the vectors come back as they went in. */
const kinds = [
  ...['IDMap,Flat', 'IDMap2,Flat', 'IDMap,SQ8', 'IVF8,Flat', 'IVF8,SQ6', 'PCA8,IVF4,Flat'],
  ...['IDMap,IVF8,Flat', 'IDMap,PCA8,Flat', 'IDMap,SQ8,RFlat', 'IDMap2,IVF8,SQ4,Refine(SQ8)', 'IDMap,L2norm,IVF4,Flat'],
];

function trained(description: string, random = new Random(3)): v.Index {
  const index = v.indexFactory(D, description);
  index.trainSync(random.floats(400 * D), { minPointsPerCentroid: 1 });
  return index;
}

const copyOf = (index: v.Index): v.Index => v.deserializeIndexSync(v.serializeIndexSync(index));
const row = (vectors: Float32Array, i: number): Float32Array => vectors.subarray(i * D, (i + 1) * D);

describe.each(kinds)('%s', (description) => {
  test('holds what a map of ids would, and saves what an index of the survivors saves', () => {
    const random = new Random(7);
    const empty = trained(description);
    const index = copyOf(empty);
    const model = new Map<bigint, Float32Array>();
    for (let step = 0; step < 120; step++) {
      const n = random.integer(1, step % 10 === 0 ? 200 : 8);
      const vectors = random.floats(n * D);
      const ids = BigInt64Array.from({ length: n }, () => BigInt(random.integer(0, 300) * 3 - 90));
      if (random.integer(0, 3) === 0) {
        const gone = [...new Set(ids)].filter((id) => model.has(id));
        expect(index.removeIdsSync(ids)).toBe(gone.length);
        for (const id of gone) model.delete(id);
      } else {
        expect(index.upsertSync(vectors, ids)).toBe([...new Set(ids)].filter((id) => model.has(id)).length);
        const last = new Map([...ids].map((id, i) => [id, row(vectors, i)]));
        for (const [i, id] of ids.entries()) {
          if (ids.lastIndexOf(id) !== i) continue;
          model.delete(id); // what is replaced goes to the end
          model.set(id, last.get(id) as Float32Array);
        }
      }
      expect(index.ntotal).toBe(model.size);
    }
    const expected = description.startsWith('IDMap')
      ? [...model.keys()]
      : [...model.keys()].sort((a, b) => (a < b ? -1 : 1));
    expect([...index.idsSync()]).toEqual(expected);
    const all = copyOf(empty);
    for (const [id, vector] of model) all.addWithIdsSync(vector, [id]);
    const queries = random.floats(20 * D);
    const options = { ...(description.includes('IVF') && { nprobe: 8 }) };
    for (const k of [1, 10, model.size + 5]) {
      const found = index.searchSync(queries, k, options);
      const wanted = all.searchSync(queries, k, options);
      expect([found.labels, found.distances]).toEqual([wanted.labels, wanted.distances]);
      const filter = new v.IDSelectorBatch(expected.filter((_, i) => i % 5 === 0));
      const some = index.searchSync(queries, k, { ...options, filter });
      expect(some.labels).toEqual(all.searchSync(queries, k, { ...options, filter }).labels);
    }
    expect(index.reconstructSync(expected)).toEqual(all.reconstructSync(expected));
    // An inverted file without a map has the order of Faiss: test/io and the C++ tests compare it.
    const ordered = description.startsWith('IDMap') || !description.includes('IVF');
    if (ordered) expect(v.serializeIndexSync(index)).toEqual(v.serializeIndexSync(all));
    const again = copyOf(index).searchSync(queries, 10, options);
    expect(again.labels).toEqual(all.searchSync(queries, 10, options).labels);
  });

  test('no search misses a vector that is being replaced, or finds it twice', async () => {
    const index = trained(description);
    const n = 400;
    const random = new Random(5);
    const base = random.floats(n * D);
    const ids = BigInt64Array.from({ length: n }, (_, i) => BigInt(i * 7));
    index.addWithIdsSync(base, ids);
    const all = { ...(description.includes('IVF') && { nprobe: 8 }) };
    let done = false;
    const reader = async (seed: number): Promise<number> => {
      const mine = new Random(seed);
      let searches = 0;
      while (!done) {
        const found = await index.search(row(base, mine.integer(0, n - 1)), n + 10, all);
        const labels = [...found.labels].filter((id) => id !== -1n).sort((a, b) => (a < b ? -1 : 1));
        expect(labels).toEqual([...ids]);
        searches++;
      }
      return searches;
    };
    const readers = [1, 2, 3, 4].map(reader);
    for (let round = 0; round < 150; round++) {
      const m = random.integer(1, 5);
      const some = BigInt64Array.from({ length: m }, () => ids[random.integer(0, n - 1)] as bigint);
      await index.upsert(random.floats(m * D), some);
    }
    done = true;
    for (const searches of await Promise.all(readers)) expect(searches).toBeGreaterThan(0);
    expect(index.ntotal).toBe(n);
  });
});

test('a call comes as a whole, and searches one after the other never see what was before', async () => {
  const index = new v.IndexIDMap(new v.IndexFlatL2(1));
  const n = 60;
  const ids = Array.from({ length: n }, (_, i) => i);
  index.addWithIdsSync(new Float32Array(n), ids);
  const last = 300;
  const writer = (async () => {
    for (let version = 1; version <= last; version++) await index.upsert(new Float32Array(n).fill(version), ids);
  })();
  let before = 0;
  let seen = 0;
  while (before < last) {
    const { distances, labels } = await index.search(Float32Array.of(0), n + 1);
    expect(labels[n]).toBe(-1n);
    const versions = new Set(distances.subarray(0, n));
    expect(versions.size).toBe(1);
    const version = Math.sqrt(distances[0] as number);
    expect(version).toBeGreaterThanOrEqual(before);
    if (version > before) seen++;
    before = version;
  }
  await writer;
  expect(seen).toBeGreaterThan(1);
});

describe('what is refused changes nothing', () => {
  const filled = (): v.Index => {
    const index = new v.IndexIDMap(new v.IndexFlatL2(2));
    index.addWithIdsSync(Float32Array.of(1, 1, 2, 2), [10, 20]);
    return index;
  };
  const cases: [string, (index: v.Index) => unknown, string][] = [
    ['the id -1', (index) => index.upsertSync(new Float32Array(4), [10, -1]), 'ERR_OUT_OF_RANGE'],
    ['an id too many', (index) => index.upsertSync(new Float32Array(2), [10, 20]), 'ERR_OUT_OF_RANGE'],
    ['NaN', (index) => index.upsertSync(Float32Array.of(0, 0, 0, Number.NaN), [10, 20]), 'ERR_INVALID_ARG_VALUE'],
    ['another dimension', (index) => index.upsertSync(new Float32Array(3), [10]), 'ERR_VORONODE_DIMENSION'],
    [
      'an update of an id that is missing',
      (index) => index.updateVectorsSync(new Float32Array(4), [10, 30]),
      'ERR_OUT_OF_RANGE',
    ],
    [
      'an option that nobody knows',
      (index) => index.upsert(new Float32Array(2), [10], { nprobe: 1 } as object),
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a signal that has fired',
      (index) => index.upsert(new Float32Array(2), [10], { signal: AbortSignal.abort() }),
      'ABORT_ERR',
    ],
  ];
  test.each(cases)('%s', async (_, call, code) => {
    const index = filled();
    const before = v.serializeIndexSync(index);
    await expect((async () => call(index))()).rejects.toMatchObject({ code });
    expect(v.serializeIndexSync(index)).toEqual(before);
  });

  test('an index without ids says what to do', () => {
    expect(() => new v.IndexFlatL2(2).upsertSync(new Float32Array(2), [0])).toThrow(
      expect.objectContaining({
        code: 'ERR_VORONODE_UNSUPPORTED',
        message: 'IndexFlat numbers its vectors itself; wrap it: new IndexIDMap(index).upsert(vectors, ids)',
      }),
    );
  });

  test('an index inside a map changes through it only', () => {
    const inner = new v.IndexIVFFlat(2, 1);
    inner.trainSync(new Float32Array(2));
    new v.IndexIDMap(inner).addWithIdsSync(new Float32Array(2), [5]);
    expect(() => inner.upsertSync(new Float32Array(2), [0])).toThrow(/changes only through it/);
  });
});

test('the index inside a map numbers what is left, as if it had moved up', async () => {
  for (const make of [() => new v.IndexFlatL2(1), () => trainedIvf()]) {
    const inner = make();
    const map = new v.IndexIDMap(inner);
    map.addWithIdsSync(Float32Array.of(0, 10, 20, 30), [5, 6, 7, 8]);
    map.removeIdsSync([6]);
    map.upsertSync(Float32Array.of(5), [5]);
    expect([inner.ntotal, map.ntotal]).toEqual([3, 3]);
    expect([...inner.idsSync()]).toEqual([0n, 1n, 2n]);
    expect([...inner.searchSync(Float32Array.of(19), 4).labels]).toEqual([0n, 1n, 2n, -1n]);
    expect([...map.searchSync(Float32Array.of(19), 4).labels]).toEqual([7n, 8n, 5n, -1n]);
    expect(inner.reconstructSync(2)).toEqual(Float32Array.of(5));
    expect(inner.hasSync(3)).toBe(false);
    const filter = new v.IDSelectorRange(1, 3);
    expect([...inner.searchSync(Float32Array.of(0), 4, { filter }).labels]).toEqual([2n, 1n, -1n, -1n]);
    expect(v.serializeIndexSync(inner).length).toBeLessThan(v.serializeIndexSync(map).length);
    expect([...copyOf(inner).searchSync(Float32Array.of(19), 3).labels]).toEqual([0n, 1n, 2n]);
  }
});

function trainedIvf(): v.Index {
  const index = new v.IndexIVFFlat(1, 1);
  index.trainSync(new Float32Array(1));
  return index;
}

// ASan keeps what was freed for a while.
test.skipIf(process.env.ASAN_OPTIONS).each(['IDMap,Flat', 'IVF8,Flat', 'IDMap,IVF4,Flat'])(
  '%s: what was replaced gives its memory back',
  (description) => {
    const d = 1024; // 200 MB in all, 4 at a time
    const random = new Random(9);
    const index = v.indexFactory(d, description);
    const n = 1000;
    const vectors = random.floats(n * d);
    const ids = BigInt64Array.from({ length: n }, (_, i) => BigInt(i));
    index.trainSync(vectors, { minPointsPerCentroid: 1 });
    index.addWithIdsSync(vectors, ids);
    const before = process.memoryUsage.rss();
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < n; i++)
        index.upsertSync(vectors.subarray(i * d, (i + 1) * d), [ids[random.integer(0, n - 1)] as bigint]);
    }
    expect(index.ntotal).toBe(n);
    expect(process.memoryUsage.rss() - before).toBeLessThan(60e6);
  },
);
