/** Keys that are replaced, added and removed while others search; and calls that are stopped in the middle. */

import { describe, expect, test } from 'vitest';
import * as v from '../../lib/index.js';
import { Random } from '../random.js';

const D = 16;
const KINDS = ['Flat', 'SQ8', 'IVF8,Flat', 'L2norm,Flat', 'SQ8,RFlat', 'IVF8,SQ6'];

function trained(description: string): v.IndexKeyMap {
  const inner = v.indexFactory(D, description);
  inner.trainSync(new Random(3).floats(400 * D), { minPointsPerCentroid: 1 });
  return new v.IndexKeyMap(inner);
}

const row = (vectors: Float32Array, i: number): Float32Array => vectors.subarray(i * D, (i + 1) * D);

describe.each(KINDS)('%s', (description) => {
  const all = { ...(description.includes('IVF') && { nprobe: 8 }) };

  test('no search misses a key whose vector is being replaced, or finds it twice', async () => {
    const index = trained(description);
    const n = 400;
    const random = new Random(5);
    const base = random.floats(n * D);
    const keys = Array.from({ length: n }, (_, i) => `document ${i}`.padEnd(10 + (i % 90), '.'));
    const sorted = [...keys].sort();
    index.addWithKeysSync(base, keys);
    let done = false;
    const reader = async (seed: number): Promise<number> => {
      const mine = new Random(seed);
      let searches = 0;
      while (!done) {
        const query = row(base, mine.integer(0, n - 1));
        const filter = seed === 1 ? new v.KeySelector(keys.slice(0, 100)) : undefined;
        const found = await index.search(query, n + 10, { ...all, filter });
        expect(found.keys(0).sort()).toEqual(filter === undefined ? sorted : keys.slice(0, 100).sort());
        expect(await index.has(keys[mine.integer(0, n - 1)]!)).toBe(true);
        if (searches % 8 === 0) expect((await index.keys()).sort()).toEqual(sorted);
        searches++;
      }
      return searches;
    };
    const readers = [1, 2, 3, 4].map(reader);
    for (let round = 0; round < 150; round++) {
      const some = Array.from({ length: random.integer(1, 5) }, () => keys[random.integer(0, n - 1)]!);
      await index.upsert(random.floats(some.length * D), some);
    }
    done = true;
    for (const searches of await Promise.all(readers)) expect(searches).toBeGreaterThan(0);
    expect(index.ntotal).toBe(n);
  });

  test('keys that come and go are found with the vectors that they have', async () => {
    const index = trained(description);
    const stay = Array.from({ length: 50 }, (_, i) => `stay ${i}`);
    const random = new Random(8);
    index.addWithKeysSync(random.floats(50 * D), stay);
    let done = false;
    const reader = async (): Promise<void> => {
      while (!done) {
        const found = (await index.search(random.floats(D), 1000, all)).keys(0);
        expect(new Set(found).size).toBe(found.length);
        expect(found.filter((key) => key.startsWith('stay')).length).toBe(50);
        // What was removed and added again has other keys' room: none may be seen in its place.
        for (const key of found) expect(key).toMatch(/^(stay \d+|visitor \d+ (x{0,200}))$/);
      }
    };
    const readers = [reader(), reader()];
    for (let round = 0; round < 120; round++) {
      const visitors = Array.from(
        { length: 20 },
        (_, i) => `visitor ${round * 20 + i} ${'x'.repeat(random.integer(0, 200))}`,
      );
      await index.addWithKeys(random.floats(20 * D), visitors);
      expect(await index.removeKeys(visitors)).toBe(20);
    }
    done = true;
    await Promise.all(readers);
    expect((await index.keys()).sort()).toEqual([...stay].sort());
  });
});

describe.each(['Flat', 'IVF8,Flat', 'Flat,RFlat'])(
  '%s: a key is never found with the vector of another',
  (description) => {
    const all = { ...(description.includes('IVF') && { nprobe: 8 }) };
    /** All components of a vector are the number of its key. */
    const vectorsOf = (numbers: number[]) => Float32Array.from(numbers.flatMap((i) => new Array<number>(D).fill(i)));
    const keyOf = (i: number) => `${i} ${'x'.repeat((i * 37) % 300)}`;
    const check = (found: v.KeyResultRow, query: number) => {
      for (const [j, key] of found.keys.entries()) {
        const i = Number.parseInt(key, 10);
        if (key !== keyOf(i)) expect(key).toBe(keyOf(i));
        if (found.distances[j] !== D * (i - query) ** 2)
          expect([key, found.distances[j]]).toEqual([keyOf(i), D * (i - query) ** 2]);
      }
    };

    test('while keys come, go and are replaced, rows move up, and the index is saved', async () => {
      const inner = v.indexFactory(D, description);
      inner.trainSync(vectorsOf(Array.from({ length: 400 }, (_, i) => i * 8)), { minPointsPerCentroid: 1 });
      const index = new v.IndexKeyMap(inner);
      const random = new Random(12);
      const there = new Set<number>();
      const draw = () => random.integer(0, 3000);
      let done = false;
      const reader = async (seed: number): Promise<void> => {
        const mine = new Random(seed);
        while (!done) {
          const query = mine.integer(0, 3000);
          const k = mine.integer(1, 400);
          check(await index.searchOne(vectorsOf([query]), k, all), query);
          const [few] = [...(await index.rangeSearch(vectorsOf([query]), D * 100, all))];
          check(few!, query);
          const wanted = Array.from({ length: 30 }, () => keyOf(mine.integer(0, 3000)));
          const some = await index.searchOne(vectorsOf([query]), 40, { ...all, filter: wanted });
          expect(some.keys.filter((key) => !wanted.includes(key))).toEqual([]);
          check(some, query);
        }
      };
      const saver = async (): Promise<void> => {
        while (!done) {
          const copy = await v.deserializeIndex<v.IndexKeyMap>(await v.serializeIndex(index));
          if (copy.ntotal > 0) check(copy.searchOneSync(vectorsOf([5]), copy.ntotal, all), 5);
          const keys = copy.keysSync();
          expect(new Set(keys).size).toBe(keys.length);
        }
      };
      const others = [reader(1), reader(2), saver()];
      for (let round = 0; round < 250; round++) {
        const numbers = Array.from({ length: random.integer(1, round % 10 === 0 ? 600 : 20) }, draw);
        if (random.next() < 0.6) {
          const replaced = await index.upsert(vectorsOf(numbers), numbers.map(keyOf));
          expect(replaced).toBe([...new Set(numbers)].filter((i) => there.has(i)).length);
          for (const i of numbers) there.add(i);
        } else {
          const removed = await index.removeKeys(numbers.map(keyOf));
          expect(removed).toBe([...new Set(numbers)].filter((i) => there.has(i)).length);
          for (const i of numbers) there.delete(i);
        }
        expect(index.ntotal).toBe(there.size);
      }
      done = true;
      await Promise.all(others);
      expect((await index.keys()).sort()).toEqual([...there].map(keyOf).sort());
    });
  },
);

test('the room of keys that went is used again', async () => {
  const index = new v.IndexKeyMap(new v.IndexFlatL2(1));
  const keys = (round: number) =>
    Array.from({ length: 1000 }, (_, i) => `${round} ${i} ${'x'.repeat((i * round) % 200)}`);
  for (let round = 0; round < 400; round++) {
    await index.addWithKeys(new Float32Array(1000), keys(round));
    if (round > 0) expect(await index.removeKeys(keys(round - 1))).toBe(1000);
  }
  expect(index.ntotal).toBe(1000);
  expect(index.stats().bytes.total).toBeLessThan(4e6); // 120 KB of text, of 40 MB that came
  for (let round = 0; round < 400; round++) await index.upsert(new Float32Array(1000), keys(399));
  expect(index.stats().bytes.total).toBeLessThan(4e6);
});

test('a call comes as a whole, and searches one after the other never see what was before', async () => {
  const index = new v.IndexKeyMap(new v.IndexFlatL2(1));
  const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`);
  index.addWithKeysSync(new Float32Array(60), keys);
  const last = 300;
  const writer = (async () => {
    for (let version = 1; version <= last; version++) await index.upsert(new Float32Array(60).fill(version), keys);
  })();
  let before = 0;
  while (before < last) {
    const { distances, keys: found } = await index.searchOne(Float32Array.of(0), 61);
    expect(found.length).toBe(60);
    expect(new Set(distances).size).toBe(1);
    const version = Math.sqrt(distances[0]!);
    expect(version).toBeGreaterThanOrEqual(before);
    before = version;
  }
  await writer;
});

describe('an aborted call', () => {
  const n = 40_000;
  const keys = Array.from({ length: n }, (_, i) => `key ${i}`);

  /** Aborts at some moment of the call: the index is as it was, or, if the call was done before, as it should be. */
  async function aborted(index: v.IndexKeyMap, call: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    const before = v.serializeIndexSync(index);
    for (let attempt = 0; attempt < 20; attempt++) {
      const controller = new AbortController();
      const pending = call(controller.signal).then(
        () => true,
        (error) => {
          expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
          return false;
        },
      );
      const until = performance.now() + attempt * 0.4;
      while (performance.now() < until) await new Promise(setImmediate);
      controller.abort();
      if (await pending) return false;
      expect(Buffer.compare(v.serializeIndexSync(index), before)).toBe(0);
    }
    return true;
  }

  test('adds, replaces and removes nothing', async () => {
    const index = new v.IndexKeyMap(new v.IndexFlatL2(4));
    index.addWithKeysSync(new Random(1).floats(1000 * 4), keys.slice(0, 1000));
    const vectors = new Random(2).floats(n * 4);
    const others = keys.map((key) => `other ${key}`);
    await aborted(index, (signal) => index.addWithKeys(vectors, others, { signal }));
    await aborted(index, (signal) => index.upsert(vectors, keys, { signal }));
    await aborted(index, (signal) => index.removeKeys(keys, { signal }));
  });

  test('one with a signal that has fired does nothing', async () => {
    const index = new v.IndexKeyMap(new v.IndexFlatL2(1));
    index.addWithKeysSync(Float32Array.of(1), ['a']);
    const options = { signal: AbortSignal.abort() };
    const vector = Float32Array.of(2);
    const calls = [
      index.addWithKeys(vector, ['b'], options),
      index.upsert(vector, ['a'], options),
      index.updateVectors(vector, ['a'], options),
      index.removeKeys(['a'], options),
      index.search(vector, 1, options),
      index.rangeSearch(vector, 1, options),
      index.reconstruct('a', options),
      index.train(vector, options),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'ABORT_ERR' });
    expect([index.keysSync(), index.reconstructSync('a')]).toEqual([['a'], Float32Array.of(1)]);
    expect(() => index.searchSync(vector, 1, options)).toThrow(expect.objectContaining({ code: 'ABORT_ERR' }));
  });
});
