/** Promises: much at once, copied inputs, abortion, closing. */

import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { getThreads, type Index, setThreads, type WorkOptions } from '../../lib/index.js';
import {
  exactVectors,
  expectFound,
  expectSameBits,
  fill,
  fillFloats,
  put,
  putAsync,
  type Subject,
  stored,
} from '../subject.js';
import { expectSame } from './change.js';

export function testAsync(subject: Subject): void {
  describe('promises', () => {
    testConcurrency(subject);
    testAbort(subject);
    testClose(subject);
  });
}

function testConcurrency(subject: Subject): void {
  test('many searches at once all have their own answer', async () => {
    const { index, mirror, random } = fill(subject, 500, 8);
    const queries = Array.from({ length: 200 }, () => exactVectors(subject, random, random.integer(1, 5), 8));
    const results = await Promise.all(queries.map((query, i) => index.search(query, 1 + (i % 20))));
    results.forEach((result, i) => {
      expectFound(result, mirror.search(stored(subject, queries[i]!, 8), 1 + (i % 20)));
    });
  });

  test('searches beside adds see a whole number of adds, none that came later', async () => {
    const { index, mirror, random } = fill(subject, 100, 4);
    const sizes = [mirror.ntotal];
    const jobs: Promise<void>[] = [];
    const seen: Promise<void>[] = [];
    for (let i = 0; i < 40; i++) {
      const n = random.integer(1, 40);
      const [vectors, ids] = [exactVectors(subject, random, n, 4), random.ids(n)];
      mirror.add(stored(subject, vectors, 4), ids);
      sizes.push(mirror.ntotal);
      jobs.push(putAsync(subject, index, vectors, ids));
      const query = exactVectors(subject, random, 2, 4);
      const least = index.ntotal;
      seen.push(
        index.search(query, 2000).then((result) => {
          const n = result.row(0).labels.length;
          expect(n).toBeGreaterThanOrEqual(least);
          expect(sizes).toContain(n);
          expectFound(result, mirror.prefix(n).search(stored(subject, query, 4), 2000));
        }),
      );
      if (i % 5 === 0) await seen.at(-1);
    }
    await Promise.all([...jobs, ...seen]);
    expectSame(subject, index, mirror, random);
  });

  test('operations started in order take effect in order', async () => {
    const { index, mirror, random } = fill(subject, 60, 3);
    const [vectors, ids] = [exactVectors(subject, random, 30, 3), random.ids(30)];
    const gone = mirror.ids.slice(10, 20);
    const removed = index.removeIds(gone);
    const added = putAsync(subject, index, vectors, ids);
    mirror.remove((id) => gone.includes(id));
    mirror.add(stored(subject, vectors, 3), ids);
    expect([await removed, await added]).toEqual([10, undefined]);
    expectSame(subject, index, mirror, random);
  });

  test('inputs are copied at the call', async () => {
    const { index, mirror, random } = fill(subject, 30, 4);
    const vectors = exactVectors(subject, random, 20, 4);
    const ids = random.ids(20);
    mirror.add(stored(subject, vectors, 4), ids);
    const added = putAsync(subject, index, vectors, ids);
    vectors.fill(77);
    ids.fill(77n);
    await added;
    const queries = exactVectors(subject, random, 3, 4);
    const expected = mirror.search(stored(subject, queries, 4), 9);
    const found = index.search(queries, 9);
    structuredClone(queries, { transfer: [queries.buffer as ArrayBuffer] });
    expectFound(await found, expected);
    const gone = BigInt64Array.from(mirror.ids.slice(0, 5));
    const removed = index.removeIds(gone);
    gone.fill(123_456_789n);
    expect(await removed).toBe(mirror.remove((id) => mirror.ids.indexOf(id) < 5));
    expectSame(subject, index, mirror, random);
  });
}

/** Every method that takes a signal. */
function abortable(subject: Subject, index: Index): Record<string, (options: WorkOptions) => Promise<unknown>> {
  const vectors = new Float32Array(2 * index.d).fill(1);
  const everything = subject.metric === 'ip' ? -Infinity : Infinity;
  return {
    add: (options) => (subject.mapped ? index.addWithIds(vectors, [5, 6], options) : index.add(vectors, options)),
    train: (options) => index.train(vectors, options),
    search: (options) => index.search(vectors, 10, options),
    rangeSearch: (options) => index.rangeSearch(vectors, everything, options),
    removeIds: (options) => index.removeIds([1], options),
    'reconstruct an id': (options) => index.reconstruct(1, options),
    'reconstruct ids': (options) => index.reconstruct([1, 1], options),
  };
}

/** An index, and queries that keep it busy for about so many milliseconds, however fast the machine. */
function slow(
  subject: Subject,
  milliseconds: number,
  call = (index: Index, queries: Float32Array): unknown => index.searchSync(queries, 10),
): { index: Index; queries: Float32Array } {
  const { index } = fillFloats(subject, 2000, 32);
  // As often as it takes on a busy machine to be left alone once.
  const times = Array.from({ length: 10 }, () => {
    const begin = performance.now();
    call(index, new Float32Array(100 * 32));
    return performance.now() - begin;
  });
  const nq = Math.ceil((100 * milliseconds) / Math.min(...times));
  return { index, queries: new Float32Array(nq * 32) };
}

function testAbort(subject: Subject): void {
  const reason = new Error('enough');
  const aborted = { name: 'AbortError', code: 'ABORT_ERR', cause: reason, message: 'The operation was aborted' };

  test('a signal that has fired rejects at once', async () => {
    const { index, mirror, random } = fill(subject, 20, 3);
    for (const [name, start] of Object.entries(abortable(subject, index))) {
      await expect(start({ signal: AbortSignal.abort(reason) }), name).rejects.toMatchObject(aborted);
    }
    const [signal, vector] = [AbortSignal.abort(reason), new Float32Array(3)];
    expect(() => index.searchSync(vector, 1, { signal })).toThrow(expect.objectContaining(aborted));
    expect(() => index.rangeSearchSync(vector, 1, { signal })).toThrow(expect.objectContaining(aborted));
    expectSame(subject, index, mirror, random);
  });

  test('a signal that fires before its turn rejects, and the index is as it was', async () => {
    const { index, mirror, random } = fill(subject, 30, 3);
    const other = slow(subject, 100);
    const threads = getThreads();
    setThreads(1);
    try {
      const first = other.index.search(other.queries, 10); // keeps the one thread busy
      const running = Object.entries(abortable(subject, index)).map(([name, start]) => {
        const controller = new AbortController();
        // In the background: what is short would be done in the middle of the other search.
        const promise = start({ signal: controller.signal, priority: 'background' });
        controller.abort(reason);
        return { name, promise, signal: controller.signal };
      });
      await Promise.all(running.map(({ name, promise }) => expect(promise, name).rejects.toMatchObject(aborted)));
      for (const { name, signal } of running) expect(getEventListeners(signal, 'abort'), name).toEqual([]);
      await first;
    } finally {
      setThreads(threads);
    }
    expectSame(subject, index, mirror, random);
  });

  test('a signal that fires under way stops the search', async () => {
    const nothing = subject.metric === 'ip' ? Infinity : -1;
    const { index, queries } = slow(subject, 500);
    const other = slow(subject, 500, (index, queries) => index.rangeSearchSync(queries, nothing));
    const starts = [
      (signal: AbortSignal) => index.search(queries, 10, { signal }),
      (signal: AbortSignal) => other.index.rangeSearch(other.queries, nothing, { signal }),
    ];
    for (const start of starts) {
      const controller = new AbortController();
      const running = start(controller.signal); // one by one: taking in the queries of another may outlast a search
      setTimeout(() => controller.abort(reason), 5);
      await expect(running).rejects.toMatchObject(aborted);
    }
    expect(index.ntotal).toBe(2000);
  });

  test('a signal that does not fire changes nothing, and is let go', async () => {
    const { index, mirror, random } = fill(subject, 20, 3);
    const { signal } = new AbortController();
    const query = exactVectors(subject, random, 1, 3);
    const found = index.search(query, 5, { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    expectFound(await found, mirror.search(stored(subject, query, 3), 5));
    await expect(index.search(Float32Array.of(NaN, 0, 0), 5, { signal })).rejects.toThrow();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
}

function testClose(subject: Subject): void {
  test('work under way when the index is closed is finished', async () => {
    const { index, random } = fillFloats(subject, 5000, 32);
    const queries = random.floats(20 * 32);
    const expected = index.searchSync(queries, 10);
    const running = Array.from({ length: 10 }, () => index.search(queries, 10));
    index.close();
    for (const result of await Promise.all(running)) expectSameBits(result, expected);
  });

  test('a closed index refuses work with ERR_VORONODE_CLOSED', async () => {
    const { index } = fill(subject, 10, 2);
    index[Symbol.dispose]();
    index.close();
    const closed = { name: 'Error', code: 'ERR_VORONODE_CLOSED' };
    const vector = new Float32Array(2);
    const calls: (() => unknown)[] = [
      () => index.ntotal,
      () => index.isTrained,
      () => put(subject, index, vector, BigInt64Array.of(1n)),
      () => index.trainSync(vector),
      () => index.searchSync(vector, 1),
      () => index.rangeSearchSync(vector, 1),
      () => index.removeIdsSync([1]),
      () => index.reconstructSync(0),
      () => index.reconstructSync([0]),
      () => index.hasSync(0),
      () => index.idsSync(),
      () => index.resetSync(),
    ];
    for (const call of calls) expect(call, String(call)).toThrow(expect.objectContaining(closed));
    const promises: (() => Promise<unknown>)[] = [
      () => putAsync(subject, index, vector, BigInt64Array.of(1n)),
      () => index.train(vector),
      () => index.search(vector, 1),
      () => index.rangeSearch(vector, 1),
      () => index.removeIds([1]),
      () => index.reconstruct(0),
      () => index.reconstruct([0]),
      () => index.has(0),
      () => index.ids(),
      () => index.reset(),
    ];
    for (const call of promises) await expect(call(), String(call)).rejects.toMatchObject(closed);
    expect([index.d, index.metric]).toEqual([2, subject.metric]);
  });

  test('a closed index cannot be written', async () => {
    const { serializeIndex, serializeIndexSync, writeIndex, writeIndexSync } = await import('../../lib/index.js');
    const { index } = fill(subject, 10, 2);
    index.close();
    const closed = { name: 'Error', code: 'ERR_VORONODE_CLOSED' };
    expect(() => serializeIndexSync(index)).toThrow(expect.objectContaining(closed));
    expect(() => writeIndexSync(index, '/nowhere/x')).toThrow(expect.objectContaining(closed));
    await expect(serializeIndex(index)).rejects.toMatchObject(closed);
    await expect(writeIndex(index, '/nowhere/x')).rejects.toMatchObject(closed);
  });
}
