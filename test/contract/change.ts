/** Adding, removing, looking up: the index stays what its mirror is. */

import { describe, expect, test } from 'vitest';
import { IDSelectorNot, IDSelectorRange, type Index } from '../../lib/index.js';
import type { Mirror } from '../mirror.js';
import type { Random } from '../random.js';
import { exactVectors, expectFound, fill, put, putAsync, type Subject, sameList, stored } from '../subject.js';
import { selectors } from './search.js';

/** Same size, same answers, same vectors. */
export function expectSame(subject: Subject, index: Index, mirror: Mirror, random: Random): void {
  const { d } = mirror;
  expect(index.ntotal).toBe(mirror.ntotal);
  const queries = exactVectors(subject, random, 3, d);
  const k = mirror.ntotal + 2;
  expectFound(index.searchSync(queries, k), mirror.search(stored(subject, queries, d), k));
  const byId = new Map<bigint, Float32Array[]>();
  mirror.ids.forEach((id, i) => {
    byId.set(id, [...(byId.get(id) ?? []), mirror.vectors[i]!]);
  });
  for (const [id, vectors] of byId) {
    const found = index.reconstructSync(id);
    // Lists do not keep the order of adding: there it is any of those that bear the id.
    const right = subject.numbers ? vectors : vectors.slice(-1);
    if (!right.some((vector) => sameList(found, vector))) expect(found).toEqual(vectors.at(-1));
  }
  expectIds(subject, index, mirror);
}

/** The ids that are there, and all vectors by them. */
function expectIds(subject: Subject, index: Index, mirror: Mirror): void {
  const ids = index.idsSync();
  const inOrder = subject.numbers ? [...mirror.ids].sort((a, b) => Number(a > b) - Number(a < b)) : mirror.ids;
  if (!sameList(ids, BigInt64Array.from(inOrder))) expect([...ids]).toEqual(inOrder);
  const vectors = index.reconstructSync(ids);
  expect(vectors).toHaveLength(ids.length * mirror.d);
  for (const [i, id] of ids.entries()) {
    const vector = vectors.subarray(i * mirror.d, (i + 1) * mirror.d);
    if (!sameList(vector, index.reconstructSync(id))) expect(vector).toEqual(index.reconstructSync(id));
    if (!index.hasSync(id)) throw new Error(`hasSync(${id}) is false`);
  }
  expect(index.hasSync(-1n)).toBe(false);
}

export function testChange(subject: Subject): void {
  describe('adding and removing', () => {
    testAdding(subject);
    testRemoving(subject);
  });
}

function testAdding(subject: Subject): void {
  test('says what it is', () => {
    const { index } = fill(subject, 3, 5);
    expect([index.d, index.metric, index.ntotal, index.isTrained]).toEqual([5, subject.metric, 3, true]);
  });

  test('many small batches make the same index as one', async () => {
    const { index, mirror, random } = fill(subject, 1, 4);
    for (const n of [0, 1, 1, 2, 13, 16, 100, 0, 300, 5]) {
      const vectors = exactVectors(subject, random, n, 4);
      const ids = random.ids(n);
      if (n % 2 === 0) await putAsync(subject, index, vectors, ids);
      else put(subject, index, vectors, ids);
      mirror.add(stored(subject, vectors, 4), ids);
    }
    expectSame(subject, index, mirror, random);
  });

  test('training changes nothing once there are vectors', async () => {
    const { index, mirror, random } = fill(subject, 20, 3);
    const sample = exactVectors(subject, random, 50, 3);
    // An index that learned where its vectors belong refuses; those that need not learn do nothing.
    const refusal = { code: 'ERR_VORONODE_UNSUPPORTED', message: expect.stringContaining('call reset()') };
    await index.train(sample).catch((error) => expect(error).toMatchObject(refusal));
    try {
      index.trainSync(sample);
    } catch (error) {
      expect(error).toMatchObject(refusal);
    }
    expectSame(subject, index, mirror, random);
  });

  test('reconstruct gives a copy, and ERR_OUT_OF_RANGE for what is not there', async () => {
    const { index, mirror, random } = fill(subject, 40, 6);
    for (const id of mirror.ids) {
      const vector = index.reconstructSync(id);
      expect(vector).toEqual(mirror.vector(id));
      vector.fill(99);
      if (Number.isSafeInteger(Number(id))) expect(index.reconstructSync(Number(id))).toEqual(mirror.vector(id));
    }
    const some = [mirror.ids[7]!, mirror.ids[0]!, mirror.ids[7]!];
    const three = Float32Array.from(some.flatMap((id) => [...mirror.vector(id)!]));
    expect(await index.reconstruct(some)).toEqual(three);
    expect(index.reconstructSync(BigInt64Array.from(some))).toEqual(three);
    expect(index.reconstructSync([])).toEqual(new Float32Array(0));
    expect(await index.ids()).toEqual(index.idsSync());
    for (const id of [-1n, 40_000n, 2n ** 63n - 2n, -(2n ** 63n) + 1n]) {
      expect(mirror.ids).not.toContain(id);
      expect(() => index.reconstructSync(id)).toThrow(
        expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }),
      );
      const message = expect.stringContaining(
        `"ids[2]" is out of range. It must be an id of the index, which holds 40 `,
      );
      expect(() => index.reconstructSync([...some.slice(1), id])).toThrow(expect.objectContaining({ message }));
      await expect(index.reconstruct([...some.slice(1), id])).rejects.toMatchObject({
        code: 'ERR_OUT_OF_RANGE',
        message,
      });
      expect(await index.has(id)).toBe(false);
    }
    expectSame(subject, index, mirror, random);
  });

  test('reset empties it, and it fills again', () => {
    const { index, mirror, random } = fill(subject, 200, 4);
    index.resetSync();
    mirror.remove(() => true);
    expectSame(subject, index, mirror, random);
    const vectors = exactVectors(subject, random, 30, 4);
    const ids = random.ids(30);
    put(subject, index, vectors, ids);
    mirror.add(stored(subject, vectors, 4), ids);
    expectSame(subject, index, mirror, random);
  });
}

function testRemoving(subject: Subject): void {
  test.each([0, 1, 17, 400])('removes by every selector from %i vectors, and counts', async (n) => {
    const count = selectors([]).length;
    for (let i = 0; i < count; i++) {
      const { index, mirror, random } = fill(subject, n, 3, n + 1);
      const [name, selector, member] = selectors(mirror.ids)[i]!;
      const removed = i % 2 === 0 ? index.removeIdsSync(selector) : await index.removeIds(selector);
      expect(removed, name).toBe(mirror.remove(member));
      expectSame(subject, index, mirror, random);
    }
  });

  test('removes by list, passing over what is not there', async () => {
    const { index, mirror, random } = fill(subject, 50, 3);
    for (const [at, absent] of [
      [3, 10_000n],
      [0, -1n],
      [40, -(2n ** 63n) + 5n],
    ] as const) {
      const id = mirror.ids[at]!;
      expect(await index.removeIds([id, absent, id])).toBe(1);
      mirror.remove((other) => other === id);
      expect(index.removeIdsSync(BigInt64Array.of(mirror.ids[at]!))).toBe(1);
      mirror.remove((other) => other === mirror.ids[at]);
      expectSame(subject, index, mirror, random);
    }
    expect(index.removeIdsSync([])).toBe(0);
    expectSame(subject, index, mirror, random);
  });

  test('removed to the last and filled again', () => {
    const { index, mirror, random } = fill(subject, 100, 2);
    for (let round = 0; round < 3; round++) {
      expect(index.removeIdsSync(new IDSelectorNot(new IDSelectorRange(0, 0)))).toBe(mirror.remove(() => true));
      const vectors = exactVectors(subject, random, 100, 2);
      const ids = random.ids(100);
      put(subject, index, vectors, ids);
      mirror.add(stored(subject, vectors, 2), ids);
      expectSame(subject, index, mirror, random);
    }
  });
}
