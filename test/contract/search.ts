/** Nearest neighbours: right to the bit, whatever the sizes, the threads and the way of asking. */

import { describe, expect, test } from 'vitest';
import {
  getThreads,
  type IDSelector,
  IDSelectorAnd,
  IDSelectorBatch,
  IDSelectorBitmap,
  IDSelectorNot,
  IDSelectorOr,
  IDSelectorRange,
  IDSelectorXOr,
  SearchResult,
  setThreads,
} from '../../lib/index.js';
import { Mirror, PADDING } from '../mirror.js';
import { Random } from '../random.js';
import {
  exactVectors,
  expectFound,
  expectSameBits,
  fill,
  fillFloats,
  plain,
  put,
  type Subject,
  stored,
} from '../subject.js';

export const DIMENSIONS = [1, 2, 3, 7, 8, 10, 15, 16, 17, 31, 32, 33, 64, 100, 128, 768];
const COUNTS = [0, 1, 2, 15, 16, 17, 63, 64, 65, 500, 2000];

export function testSearch(subject: Subject): void {
  describe('search', () => {
    testAnswers(subject);
    testBits(subject);
    testFilters(subject);
  });
}

function testAnswers(subject: Subject): void {
  test.each(DIMENSIONS)('equals a plain scan at d = %i', (d) => {
    const { index, mirror, random } = fill(subject, 150, d, d);
    for (const [nq, k] of [
      [1, 1],
      [1, 10],
      [2, 3],
      [7, 33],
      [20, 5],
    ] as const) {
      const queries = exactVectors(subject, random, nq, d);
      expectFound(index.searchSync(queries, k), mirror.search(stored(subject, queries, d), k));
    }
  });

  test('searchOne takes one query of length d and gives its row', async () => {
    const { index, random } = fill(subject, 20, 3, 5);
    const queries = exactVectors(subject, random, 2, 3);
    const query = queries.subarray(3);
    for (const k of [1, 7, 100]) {
      const row = index.searchSync(query, k).row(0);
      expect(await index.searchOne(query, k)).toStrictEqual(row);
      expect(index.searchOneSync(query, k)).toStrictEqual(row);
    }
    const none = { filter: new IDSelectorBatch([]) };
    expect((await index.searchOne(query, 5, none)).labels).toHaveLength(0);
    for (const [wrong, message] of [
      [queries, /must be d = 3\. Received length 6; use search\(\) for 2 queries$/],
      [queries.subarray(0, 2), /must be d = 3\. Received length 2$/],
      [queries.subarray(0, 0), /must be d = 3\. Received length 0$/],
    ] as const) {
      const error = { name: 'RangeError', code: 'ERR_VORONODE_DIMENSION', message: expect.stringMatching(message) };
      await expect(index.searchOne(wrong, 1)).rejects.toMatchObject(error);
      expect(() => index.searchOneSync(wrong, 1)).toThrow(expect.objectContaining(error));
    }
    const rows = [[0, 0, 0]] as unknown as Float32Array;
    await expect(index.searchOne(rows, 1)).rejects.toThrow(/^The "query" argument must be a Float32Array.*use matrix/);
  });

  test.each(COUNTS)('equals a plain scan of %i vectors, padded', (n) => {
    const { index, mirror, random } = fill(subject, n, 9, n);
    for (const k of [1, 2, 16, 100, 3000]) {
      const queries = exactVectors(subject, random, 5, 9);
      expectFound(index.searchSync(queries, k), mirror.search(stored(subject, queries, 9), k));
    }
  });

  test('an empty index answers with padding', async () => {
    const result = await subject.settle(subject.make(4)).search(new Float32Array(8), 3);
    expectFound(result, { labels: Array(6).fill(-1n), distances: Array(6).fill(PADDING[subject.metric]) });
    expect([...result].map((row) => row.labels.length)).toEqual([0, 0]);
  });

  test('equal distances are ordered by the smaller id', () => {
    const random = new Random(7);
    const index = subject.make(2);
    const mirror = new Mirror(2, subject.metric, !subject.mapped);
    const axes = [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ] as const;
    const vectors = Float32Array.from(Array.from({ length: 300 }, () => axes[random.integer(0, 3)]!).flat());
    const ids = random.ids(300);
    put(subject, index, vectors, ids);
    mirror.add(vectors, ids);
    const queries = Float32Array.of(1, 0, 0, -1, 0, 0);
    for (const k of [1, 2, 50, 80, 299, 300]) {
      expectFound(subject.settle(index).searchSync(queries, k), mirror.search(queries, k));
    }
  });

  test('duplicate vectors are all found', () => {
    const index = subject.make(3);
    const vectors = Float32Array.from({ length: 60 }, (_, i) => Number(i % 3 === 0));
    const ids = new Random(3).ids(20);
    put(subject, index, vectors, ids);
    const labels = subject
      .settle(index)
      .searchSync(Float32Array.of(1, 0, 0), 25)
      .row(0).labels;
    const expected = subject.mapped ? [...ids] : [...ids.keys()].map(BigInt);
    expect([...labels]).toEqual(expected.sort((a, b) => (a < b ? -1 : 1)));
  });

  test('no queries, no rows', async () => {
    const { index } = fill(subject, 10, 4);
    for (const result of [index.searchSync(new Float32Array(0), 5), await index.search(new Float32Array(0), 5)]) {
      expect(result).toBeInstanceOf(SearchResult);
      expect([result.nq, result.k, result.labels.length, result.distances.length]).toEqual([0, 5, 0, 0]);
      expect([...result]).toEqual([]);
    }
  });

  test('the result has the shape it names', async () => {
    const { index } = fill(subject, 10, 4);
    const result = await index.search(new Float32Array(12), 4);
    expect(result).toBeInstanceOf(SearchResult);
    expect([result.nq, result.k]).toEqual([3, 4]);
    expect(result.labels).toBeInstanceOf(BigInt64Array);
    expect(result.distances).toBeInstanceOf(Float32Array);
    expect([result.labels.length, result.distances.length]).toEqual([12, 12]);
  });
}

function testBits(subject: Subject): void {
  const sizes = [
    [1000, 33, 37, 10],
    [5000, 16, 5, 100],
    [300, 100, 64, 1],
    [2000, 7, 9, 2500],
  ] as const;

  test.each(sizes)(
    'n = %i, d = %i, nq = %i, k = %i: in place, off the loop and query by query alike',
    async (n, d, nq, k) => {
      const { index, random } = fillFloats(subject, n, d);
      const queries = random.floats(nq * d);
      const whole = index.searchSync(queries, k);
      expectSameBits(await index.search(queries, k), whole);
      for (let q = 0; q < nq; q++) {
        const single = index.searchSync(queries.subarray(q * d, (q + 1) * d), k);
        expectSameBits(single.row(0), whole.row(q));
      }
    },
  );

  test('any number of threads gives the same bits', async () => {
    const { index, random } = fillFloats(subject, 4000, 24);
    const before = getThreads();
    try {
      for (const nq of [1, 50]) {
        const queries = random.floats(nq * 24);
        const expected = index.searchSync(queries, 20);
        for (const threads of [1, 2, 4, 8]) {
          setThreads(threads);
          expect(getThreads()).toBe(threads);
          expectSameBits(index.searchSync(queries, 20), expected);
          expectSameBits(await index.search(queries, 20), expected);
        }
      }
    } finally {
      setThreads(before);
    }
  });

  test('queries may lie in a part of a buffer, or in shared memory', () => {
    const { index, random } = fill(subject, 50, 5);
    const queries = exactVectors(subject, random, 2, 5);
    const expected = plain(index.searchSync(queries, 7));
    const wide = new Float32Array(13).fill(NaN);
    wide.set(queries, 1);
    expectFound(index.searchSync(wide.subarray(1, 11), 7), expected);
    const shared = new Float32Array(new SharedArrayBuffer(40));
    shared.set(queries);
    expectFound(index.searchSync(shared, 7), expected);
  });
}

/** Selectors over the ids of a mirror, each with what it means. */
export function selectors(ids: readonly bigint[]): [string, IDSelector, (id: bigint) => boolean][] {
  const some = ids.filter((_, i) => i % 3 === 0);
  const batch = new Set(some);
  const bitmap = Uint8Array.from({ length: 13 }, (_, i) => (i * 37) % 256);
  const inBitmap = (id: bigint) => id >= 0n && id < 104n && ((bitmap[Number(id >> 3n)]! >> Number(id & 7n)) & 1) === 1;
  const inRange = (id: bigint) => id >= 5n && id < 60n;
  const range = new IDSelectorRange(5, 60n);
  const list = new IDSelectorBatch([...some, ...some]);
  return [
    ['range', range, inRange],
    ['empty range', new IDSelectorRange(60, 5), () => false],
    ['all of int64 but the last', new IDSelectorRange(-(2n ** 63n), 2n ** 63n - 1n), (id) => id !== 2n ** 63n - 1n],
    ['batch', list, (id) => batch.has(id)],
    ['batch of none', new IDSelectorBatch([]), () => false],
    ['bitmap', new IDSelectorBitmap(bitmap), inBitmap],
    ['bitmap of no bytes', new IDSelectorBitmap(new Uint8Array(0)), () => false],
    ['not', new IDSelectorNot(range), (id) => !inRange(id)],
    ['and', new IDSelectorAnd(range, list), (id) => inRange(id) && batch.has(id)],
    ['or', new IDSelectorOr(new IDSelectorBitmap(bitmap), list), (id) => inBitmap(id) || batch.has(id)],
    ['xor', new IDSelectorXOr(range, list), (id) => inRange(id) !== batch.has(id)],
    [
      'a tree',
      new IDSelectorNot(new IDSelectorAnd(new IDSelectorNot(list), range)),
      (id) => batch.has(id) || !inRange(id),
    ],
  ];
}

function testFilters(subject: Subject): void {
  test.each([[0], [1], [100], [2000]])('a filter lets through its ids only (%i vectors)', async (n) => {
    const { index, mirror, random } = fill(subject, n, 6, n);
    const queries = exactVectors(subject, random, 4, 6);
    for (const [name, filter, member] of selectors(mirror.ids)) {
      for (const k of [1, 10, 150]) {
        const expected = mirror.search(stored(subject, queries, 6), k, member);
        expectFound(index.searchSync(queries, k, { filter }), expected, name);
        expectFound(await index.search(queries, k, { filter }), expected, name);
      }
    }
  });
}
