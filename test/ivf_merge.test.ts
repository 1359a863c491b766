/** mergeFrom: everything moves, or nothing does, whatever else is going on. */

import { describe, expect, test } from 'vitest';
import { IndexFlat, IndexFlatL2, IndexIDMap, type IndexIVF, IndexIVFFlat, type Metric } from '../lib/index.js';
import { hostile } from './hostile.js';
import { Mirror } from './mirror.js';
import { Random } from './random.js';
import { expectFound, readBack } from './subject.js';

const D = 4;
const NLIST = 6;

function make(metric: Metric = 'l2', seed = 4): IndexIVFFlat {
  const quantizer = new IndexFlat(D, { metric });
  quantizer.addSync(new Random(seed).integers(NLIST * D));
  return new IndexIVFFlat(D, NLIST, { metric, quantizer, nprobe: NLIST });
}

function fill(index: IndexIVF, n: number, seed: number): Mirror {
  const random = new Random(seed);
  const mirror = new Mirror(D, index.metric, false);
  const [vectors, ids] = [random.integers(n * D), BigInt64Array.from({ length: n }, (_, i) => BigInt(i * 3))];
  index.addWithIdsSync(vectors, ids);
  mirror.add(vectors, ids);
  return mirror;
}

function expectAll(index: IndexIVF, mirror: Mirror): void {
  expect(index.ntotal).toBe(mirror.ntotal);
  const queries = new Random(99).integers(5 * D);
  expectFound(index.searchSync(queries, mirror.ntotal + 1), mirror.search(queries, mirror.ntotal + 1));
}

describe('mergeFrom', () => {
  test.each(['l2', 'ip'] as const)('moves everything, with addId added: %s', async (metric) => {
    const [index, other, third] = [make(metric), make(metric), make(metric)];
    const mirror = fill(index, 100, 1);
    const others = [fill(other, 70, 2), fill(third, 0, 3)];
    const moved = (mirror_: Mirror, addId: bigint) => {
      for (let i = 0; i < mirror_.ntotal; i++) {
        mirror.add(mirror_.vectors[i]!, BigInt64Array.of(mirror_.ids[i]! + addId));
      }
    };
    await index.mergeFrom(other, 1000);
    moved(others[0]!, 1000n);
    expectAll(index, mirror);
    expect([other.ntotal, other.isTrained]).toEqual([0, true]);
    index.mergeFromSync(third);
    expectAll(index, mirror);
    const again = fill(other, 30, 5);
    index.mergeFromSync(other, -(2n ** 62n));
    moved(again, -(2n ** 62n));
    expectAll(index, mirror);
    expectAll(readBack(index) as IndexIVF, mirror);
    expect([...index.reconstructSync(1000)]).toEqual([...others[0]!.vectors[0]!]);
    expect(index.removeIdsSync([1000, 1003])).toBe(2);
    mirror.remove((id) => id === 1000n || id === 1003n);
    expectAll(index, mirror);
    other.addSync(new Float32Array(D));
    expect(other.searchSync(new Float32Array(D), 1).labels[0]).toBe(0n);
  });

  test('takes what was read from a file, and takes part in the running ids', async () => {
    const index = make();
    fill(index, 10, 1);
    const other = readBack(index) as IndexIVF;
    await index.mergeFrom(other, 100n);
    await index.add(new Float32Array(D));
    expect(index.searchSync(new Float32Array(D), 30).labels).toContain(128n);
  });

  test('refuses what does not fit; both are as they were', async () => {
    const index = make();
    const mirror = fill(index, 20, 1);
    const unsupported = (message: RegExp) =>
      expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED', message: expect.stringMatching(message) });
    const wrapped = make();
    const map = new IndexIDMap(wrapped);
    const cases: [IndexIVF, bigint, ReturnType<typeof unsupported>][] = [
      [index, 0n, unsupported(/merged into itself/)],
      [make('l2', 5), 0n, unsupported(/same centroids/)],
      [make('ip'), 0n, unsupported(/same kind, metric/)],
      [new IndexIVFFlat(D, NLIST), 0n, expect.objectContaining({ code: 'ERR_VORONODE_NOT_TRAINED' })],
      [wrapped, 0n, unsupported(/belongs to a wrapper/)],
      [
        make(),
        2n ** 63n - 1n,
        expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', message: expect.stringMatching(/"addId"/) }),
      ],
      [make(), -4n, expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' })], // 3 would become -1
    ];
    for (const [other, addId, error] of cases) {
      const filled = other !== index && other !== wrapped && other.isTrained;
      const its = filled ? fill(other, 15, 8) : undefined;
      expect(() => index.mergeFromSync(other, addId)).toThrow(error);
      await expect(index.mergeFrom(other, addId)).rejects.toThrow(error);
      if (its) expectAll(other, its);
    }
    expectAll(index, mirror);
    await expect(wrapped.mergeFrom(index)).rejects.toThrow(unsupported(/belongs to a wrapper/));
    map.addWithIdsSync(new Float32Array(D), [1]);
    const closed = make();
    closed.close();
    await expect(index.mergeFrom(closed)).rejects.toMatchObject({ code: 'ERR_VORONODE_CLOSED' });
    await expect(index.mergeFrom(make(), 0, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORT_ERR',
    });
    expectAll(index, mirror);
  });

  test.each(Object.entries(hostile).filter(([name]) => name !== 'index'))(
    '%s is no index and no id',
    async (_, value) => {
      const index = make();
      const error = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message: expect.stringContaining('"other"') };
      expect(() => index.mergeFromSync(value() as IndexIVF)).toThrow(expect.objectContaining(error));
      await expect(index.mergeFrom(value() as IndexIVF)).rejects.toMatchObject(error);
      if (!['number', 'bigint', 'undefined'].includes(typeof value())) {
        await expect(index.mergeFrom(make(), value() as bigint)).rejects.toMatchObject({
          code: 'ERR_INVALID_ARG_TYPE',
        });
      }
      expect(() => index.mergeFromSync(new IndexFlatL2(D))).toThrow(/same kind/);
    },
  );

  test('both ways at once, many times, beside other work: nothing is lost, nothing waits for ever', async () => {
    const indexes = [make(), make(), make()];
    const random = new Random(6);
    const jobs: Promise<unknown>[] = [];
    let added = 0;
    for (let i = 0; i < 600; i++) {
      const [a, b] = [random.integer(0, 2), random.integer(1, 2)];
      const [one, other] = [indexes[a]!, indexes[(a + b) % 3]!];
      const draw = random.next();
      if (draw < 0.5) jobs.push(one.mergeFrom(other));
      else if (draw < 0.7) jobs.push(one.search(random.integers(D), 3));
      else if (draw < 0.95) {
        jobs.push(one.add(random.integers(7 * D)));
        added += 7;
      } else if (draw < 0.98) one.mergeFromSync(other);
      else one.listSizesSync();
    }
    await Promise.all(jobs);
    expect(indexes.reduce((sum, { ntotal }) => sum + ntotal, 0)).toBe(added);
    const [first, ...others] = indexes;
    for (const other of others) await first!.mergeFrom(other);
    expect(first!.ntotal).toBe(added);
    expect(first!.listSizesSync().reduce((a, b) => a + b)).toBe(added);
  });

  test('takes its turn in both: what was started before is moved, what comes after is not', async () => {
    for (let round = 0; round < 50; round++) {
      const [index, other] = [make(), make()];
      const rows = new Random(round).integers(10 * D);
      const busy = index.search(new Random(1).integers(100 * D), 5);
      const before = other.add(rows);
      const merged = index.mergeFrom(other);
      const after = other.add(rows.subarray(0, 3 * D));
      await Promise.all([busy, before, merged, after]);
      expect([index.ntotal, other.ntotal]).toEqual([10, 3]);
    }
  });
});
