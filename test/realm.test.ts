/** Answers of an addon that lives in another realm, as under jest; and the stacks of errors that no script made. */

import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { deserializeIndex, IndexFlatL2, IndexIVFFlat, kmeans, readIndex, writeIndex } from '../lib/index.js';
import { inThisRealm, keepThrown } from '../lib/realm.js';

const addon = runInNewContext(`
  const handle = {};
  const failure = (error, properties) => Object.assign(error, properties);
  ({
    number: () => 5,
    nothing: () => null,
    handle: () => handle,
    names: () => ['avx2'],
    arrays: () => ({ distances: Float32Array.of(1, 2), labels: BigInt64Array.of(3n), lims: Float64Array.of(0), few: true }),
    views: () => [new Float32Array(8).subarray(2, 5), Uint32Array.of(1), Uint8Array.of(2)],
    later: async () => BigInt64Array.of(1n),
    fails: () => { throw failure(new RangeError('far'), { code: 'ERR_OUT_OF_RANGE' }); },
    lacks: async () => { throw failure(new Error('ENOENT: no'), { code: 'ENOENT', errno: -2, syscall: 'open', path: '/x' }); },
    causes: async () => { throw failure(new Error('outer', { cause: 'inner' }), { code: 'ABORT_ERR', name: 'AbortError' }); },
    calls: async (f) => f(),
  })`);
type Calls = Record<string, (...args: unknown[]) => unknown>;
const own = inThisRealm(addon as Calls);

const failureOf = (promise: unknown): Promise<Error> => (promise as Promise<never>).catch((error: Error) => error);

describe('what an addon of another realm answers', () => {
  test('is of this realm', async () => {
    expect(own.number!()).toBe(5);
    expect(own.nothing!()).toBe(null);
    expect(own.names!()).toStrictEqual(['avx2']);
    expect(own.arrays!()).toStrictEqual({
      distances: Float32Array.of(1, 2),
      labels: BigInt64Array.of(3n),
      lims: Float64Array.of(0),
      few: true,
    });
    const [middle, counts, bytes] = own.views!() as [Float32Array, Uint32Array, Uint8Array];
    expect([middle instanceof Float32Array, middle.byteOffset, middle.length]).toEqual([true, 8, 3]);
    expect([counts instanceof Uint32Array, bytes instanceof Uint8Array]).toEqual([true, true]);
    expect(await own.later!()).toStrictEqual(BigInt64Array.of(1n));
  });

  test('shares its memory', () => {
    const foreign = (addon as { arrays(): { labels: BigInt64Array } }).arrays();
    const { labels } = inThisRealm({ again: Object.setPrototypeOf(() => foreign, null) }).again();
    expect(labels).not.toBe(foreign.labels);
    expect(labels.buffer).toBe(foreign.labels.buffer);
  });

  test('keeps handles what they are', () => {
    expect(own.handle!()).toBe((addon as Calls).handle!());
  });
});

describe('what it throws', () => {
  test('is of this realm, with all that it says', async () => {
    const far = {
      code: 'ERR_OUT_OF_RANGE',
      message: 'far',
      stack: expect.stringMatching(/^RangeError \[ERR_OUT_OF_RANGE\]: far\n/),
    };
    expect(own.fails!).toThrow(RangeError);
    expect(own.fails!).toThrow(expect.objectContaining(far));
    const lacks = await failureOf(own.lacks!());
    expect(lacks).toBeInstanceOf(Error);
    expect({ ...lacks }).toEqual({ code: 'ENOENT', errno: -2, syscall: 'open', path: '/x' });
    expect(lacks.stack).toMatch(/^Error: ENOENT: no\n/);
    const causes = await failureOf(own.causes!());
    expect(causes).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: 'inner', message: 'outer' });
  });

  test("is the caller's own if the caller's function threw it", async () => {
    const mine = runInNewContext('new TypeError("mine")') as Error;
    const f = () => {
      keepThrown(mine);
      throw mine;
    };
    await expect(own.calls!(f)).rejects.toBe(mine);
  });
});

describe('the stack of a promise that rejects names who waits', () => {
  const index = new IndexFlatL2(2);
  const nan = Float32Array.of(NaN, 0);
  const calls: Record<string, () => Promise<unknown>> = {
    readIndex: () => readIndex('/no/such/folder'),
    writeIndex: () => writeIndex(index, '/no/such/folder/file'),
    deserializeIndex: () => deserializeIndex(new Uint8Array(7)),
    add: () => index.add(nan),
    search: () => index.search(nan, 1),
    rangeSearch: () => index.rangeSearch(nan, 1),
    train: () => new IndexIVFFlat(2, 1).train(nan),
    addWithIds: () => index.addWithIds(Float32Array.of(0, 0), [1n]),
    kmeans: () => kmeans(nan, 2, 1),
    'an aborted search': () => {
      const controller = new AbortController();
      const many = new Float32Array(2 * 20_000); // takes long enough
      const big = new IndexFlatL2(2);
      big.addSync(many);
      const search = big.search(many, 1, { signal: controller.signal });
      controller.abort();
      return search;
    },
  };

  test.each(Object.keys(calls))('%s', async (name) => {
    const call = calls[name] as () => Promise<unknown>;
    async function handler() {
      await call();
    }
    // vitest takes the word "async" away
    expect((await failureOf(handler())).stack).toMatch(/\n {4}at (async )?handler \(/);
  });
});
