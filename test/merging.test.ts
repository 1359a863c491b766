/** Searches that are under way together run as one: nobody can tell from the answers, and nobody pays for another's fault. */

import { describe, expect, test } from 'vitest';
import * as v from '../lib/index.js';
import { Random } from './random.js';

const D = 16;
const N = 3000;

/** Takes a while to be looked into, and has no id of any index here. */
const nothing = new v.IDSelectorBatch(BigInt64Array.from({ length: 1_000_000 }, (_, i) => BigInt(-2 - i)));

/** What is started within `body` waits for the only thread, which a removal has, so that all of it is there when it is free. */
async function together<T>(index: v.Index, body: () => Promise<T>): Promise<T> {
  const threads = v.getThreads();
  v.setThreads(1);
  try {
    const removal = index.removeIds(nothing);
    const result = body();
    expect(await removal).toBe(0);
    return await result;
  } finally {
    v.setThreads(threads);
  }
}

function vectors(random: Random, n: number): Float32Array {
  return Float32Array.from({ length: n * D }, () => random.integer(-9, 9)); // many equal distances
}

function filled(description: string, metric: v.Metric): v.Index {
  const random = new Random(5);
  const index = v.indexFactory(D, description, metric);
  const rows = vectors(random, N);
  index.trainSync(rows, { minPointsPerCentroid: 1 });
  if (description.startsWith('IDMap')) {
    index.addWithIdsSync(
      rows,
      BigInt64Array.from({ length: N }, (_, i) => BigInt(7 * i)),
    );
  } else index.addSync(rows);
  return index;
}

const kinds = [
  ...['Flat', 'SQ8', 'IDMap,Flat', 'IVF16,Flat', 'IVF16,SQ6', 'IDMap2,IVF16,Flat'],
  ...['IVF16,SQ4,RFlat', 'IDMap,SQ4,Refine(SQ8)', 'PCA8,Flat', 'L2norm,IVF8,Flat'],
];

interface Asked {
  queries: Float32Array;
  k: number;
  options: v.SearchOptions & { nprobe?: number; kFactor?: number };
}

/** Searches of many kinds, among them many of one kind, so that they merge. */
function ask(random: Random, description: string): Asked {
  const options: Asked['options'] = {};
  if (description.includes('IVF') && random.integer(0, 3) === 0) options.nprobe = random.integer(1, 20);
  if (description.includes('R') && random.integer(0, 3) === 0) options.kFactor = 2;
  if (random.integer(0, 9) === 0) options.filter = new v.IDSelectorRange(0, 10_000);
  if (random.integer(0, 19) === 0) options.priority = 'background';
  const nq = random.integer(0, 9) === 0 ? random.integer(0, 70) : 1;
  return { queries: vectors(random, nq), k: [10, 10, 10, 1, 100, 129, 200][random.integer(0, 6)] as number, options };
}

describe.each(kinds)('%s', (description) => {
  test.each(['l2', 'ip'] as const)('%s: answers are those of searches alone, to the bit', async (metric) => {
    const index = filled(description, metric);
    const random = new Random(11);
    const asked = Array.from({ length: 400 }, () => ask(random, description));
    const before = v.stats().merged;
    const found = await together(index, () =>
      Promise.all(asked.map(({ queries, k, options }) => index.search(queries, k, options))),
    );
    expect(v.stats().merged - before).toBeGreaterThan(100);
    for (const [i, { queries, k, options }] of asked.entries()) {
      const { priority: _, ...sync } = options;
      const alone = index.searchSync(queries, k, sync);
      expect(found[i]?.labels).toEqual(alone.labels);
      expect(found[i]?.distances).toEqual(alone.distances);
    }
  });

  test('ranges of one radius, beside searches and others, are those of searches alone', async () => {
    const index = filled(description, 'l2');
    const random = new Random(12);
    const near = index.searchSync(vectors(random, 1), 9).distances;
    const asked = Array.from({ length: 300 }, () => ({
      ...ask(random, description),
      radius: near[[8, 8, 8, 4][random.integer(0, 3)] as number] as number,
    }));
    const before = v.stats().merged;
    const found = await together(index, () =>
      Promise.all(
        asked.map(async ({ queries, k, radius, options }, i) =>
          i % 4 === 0 ? await index.search(queries, k, options) : await index.rangeSearch(queries, radius, options),
        ),
      ),
    );
    expect(v.stats().merged - before).toBeGreaterThan(100);
    let rows = 0;
    for (const [i, { queries, k, radius, options }] of asked.entries()) {
      const { priority: _, ...sync } = options;
      const alone = i % 4 === 0 ? index.searchSync(queries, k, sync) : index.rangeSearchSync(queries, radius, sync);
      expect(found[i]).toEqual(alone);
      if (i % 4 !== 0) rows += alone.labels.length;
    }
    expect(rows).toBeGreaterThan(300);
  });
});

describe('what befalls one of them', () => {
  const query = (value: number) => new Float32Array(D).fill(value);

  test.each(['search', 'rangeSearch'] as const)('NaN rejects its own %s, and says where it is', async (call) => {
    const index = filled('Flat', 'l2');
    const before = v.stats().merged;
    const results = await together(index, () =>
      Promise.allSettled(
        Array.from({ length: 64 }, (_, i) => {
          const queries = query(i);
          if (i === 20) queries[3] = Number.NaN;
          return index[call](queries, 5);
        }),
      ),
    );
    expect(v.stats().merged - before).toBe(63);
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([
      {
        status: 'rejected',
        reason: expect.objectContaining({
          code: 'ERR_INVALID_ARG_VALUE',
          message: 'The value of "queries" must be finite. Received NaN at row 0, component 3',
        }),
      },
    ]);
    for (const [i, result] of results.entries()) {
      if (result.status === 'fulfilled') expect(result.value).toEqual(index[`${call}Sync`](query(i), 5));
    }
  });

  test('what the kind itself refuses rejects its own promise', async () => {
    const index = filled('L2norm,Flat', 'ip');
    const untrained = new v.IndexIVFFlat(D, 4);
    const results = await together(index, () =>
      Promise.allSettled([
        ...Array.from({ length: 20 }, (_, i) => index.search(query(i), 3)),
        ...Array.from({ length: 20 }, (_, i) => untrained.search(query(i), 3)),
      ]),
    );
    const alone = Array.from({ length: 20 }, (_, i) => index.searchSync(query(i), 3).labels);
    expect(results.slice(0, 20).map((one) => one.status === 'fulfilled' && one.value.labels)).toEqual(alone);
    for (const one of results.slice(20)) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'ERR_VORONODE_NOT_TRAINED' } });
    }
  });

  test('an abort, before and while they run, concerns those with the signal', async () => {
    const index = filled('IVF16,Flat', 'l2');
    for (const delay of [0, 1, 2, 3]) {
      const controller = new AbortController();
      const results = await together(index, () => {
        const all = Array.from({ length: 300 }, (_, i) =>
          index.search(query(i % 7), 9, i % 3 === 0 ? { signal: controller.signal } : {}),
        );
        setTimeout(() => controller.abort(new Error('enough')), delay);
        return Promise.allSettled(all);
      });
      for (const [i, result] of results.entries()) {
        if (result.status === 'fulfilled') {
          expect(result.value.labels).toEqual(index.searchSync(query(i % 7), 9).labels);
        } else {
          expect(i % 3).toBe(0);
          expect(result.reason).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: { message: 'enough' } });
        }
      }
    }
  });

  test('closing the index is none of theirs', async () => {
    const index = filled('Flat', 'l2');
    const alone = index.searchSync(query(1), 9).labels;
    const results = await together(index, () => {
      const all = Array.from({ length: 50 }, () => index.search(query(1), 9));
      index.close();
      return Promise.all(all);
    });
    for (const { labels } of results) expect(labels).toEqual(alone);
  });
});

test('a filter is shared by those who were given the same object', async () => {
  const index = filled('IVF16,Flat', 'l2');
  const merged = async (filters: (v.IDSelector | undefined)[]) => {
    const before = v.stats().merged;
    const results = await together(index, () =>
      Promise.all(filters.map((filter, i) => index.search(new Float32Array(D).fill(i % 5), 7, { filter, nprobe: 16 }))),
    );
    for (const [i, filter] of filters.entries()) {
      const alone = index.searchSync(new Float32Array(D).fill(i % 5), 7, { filter, nprobe: 16 });
      expect(results[i]?.labels).toEqual(alone.labels);
    }
    return v.stats().merged - before;
  };
  const even = new v.IDSelectorBatch(Array.from({ length: 1500 }, (_, i) => 2 * i));
  const small = new v.IDSelectorNot(new v.IDSelectorRange(100, 3000));
  expect(await merged(Array.from({ length: 40 }, () => even))).toBe(39);
  expect(await merged(Array.from({ length: 40 }, (_, i) => [even, small, undefined][i % 3]))).toBe(37);
  expect(await merged(Array.from({ length: 40 }, () => new v.IDSelectorRange(0, 1000)))).toBe(0);
});

test('searches beside changes: each sees the index of some moment', async () => {
  const index = new v.IndexFlatL2(1);
  const searches: Promise<void>[] = [];
  let least = 0;
  for (let i = 0; i < 300; i++) {
    await index.add(Float32Array.of(i, i));
    least = index.ntotal;
    const [seen, ks] = [least, [1, 5, 1000]];
    for (const k of ks) {
      searches.push(
        index.search(Float32Array.of(0), k).then(({ labels }) => {
          const n = labels.filter((label) => label >= 0n).length;
          expect(n).toBeGreaterThanOrEqual(Math.min(k, seen));
          expect(Array.from(labels.subarray(0, n))).toEqual(Array.from({ length: n }, (_, j) => BigInt(j)));
        }),
      );
    }
    if (i % 50 === 49) await Promise.all(searches.splice(0));
  }
});
