/**
 * The addon's own surface, which must be safe whoever calls it: every function with hostile values in every place, and scripts
 * that run while arguments are read.
 */

import { describe, expect, it } from 'vitest';
import { type Native, type NativeSelector, native } from '../lib/native.js';
import { run } from './program.js';

const D = 4;
const rows = (n: number) => Float32Array.from({ length: n * D }, (_, i) => i);

function filled(n = 10) {
  const index = native.flat(D, 1, true);
  native.addSync(index, rows(n));
  return index;
}

/** What a call throws, as `CODE message`. */
function failure(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return `${code} ${message}`;
  }
  return 'nothing';
}

describe('with hostile values in the place of every argument', () => {
  // All of them: the compiler sees to it that none of lib/native.ts is missing, the first test that none is too many.
  const surface: Record<keyof Native, 0> = {
    ...{ flat: 0, idMap: 0, factory: 0, kind: 0, d: 0, metric: 0, ntotal: 0, isTrained: 0, inner: 0, wrapped: 0 },
    ...{ searchParameters: 0, memoryUse: 0, removed: 0 },
    ...{
      add: 0,
      addSync: 0,
      addWithIds: 0,
      addWithIdsSync: 0,
      upsert: 0,
      upsertSync: 0,
      train: 0,
      trainSync: 0,
      removeIds: 0,
      removeIdsSync: 0,
    },
    ...{ search: 0, searchSync: 0, rangeSearch: 0, rangeSearchSync: 0, close: 0 },
    ...{ reconstruct: 0, reconstructSync: 0, reconstructAll: 0, reconstructAllSync: 0, reset: 0, resetSync: 0 },
    ...{ has: 0, hasSync: 0, ids: 0, idsSync: 0 },
    ...{ keyMap: 0, addWithKeys: 0, addWithKeysSync: 0, upsertKeys: 0, upsertKeysSync: 0 },
    ...{ reconstructKeys: 0, reconstructKeysSync: 0, hasKey: 0, hasKeySync: 0, keys: 0, keysSync: 0 },
    ...{
      ivfFlat: 0,
      ivfScalarQuantizer: 0,
      nlist: 0,
      nprobe: 0,
      setNprobe: 0,
      quantizer: 0,
      listSizes: 0,
      listSizesSync: 0,
      imbalance: 0,
      imbalanceSync: 0,
    },
    ...{ scalarQuantizer: 0, refine: 0, kFactor: 0, setKFactor: 0 },
    ...{ mergeFrom: 0, mergeFromSync: 0, kmeans: 0, kmeansSync: 0 },
    ...{ readIndex: 0, readIndexSync: 0, mapIndex: 0, mapIndexSync: 0, writeIndex: 0, writeIndexSync: 0 },
    ...{ serializeIndex: 0, serializeIndexSync: 0, takeBytes: 0, deserializeIndex: 0, deserializeIndexSync: 0 },
    ...{ normalizeL2: 0, token: 0, cancel: 0, threads: 0, setThreads: 0, simdTarget: 0, simdTargets: 0 },
    ...{ taskCounts: 0, sharing: 0, timeOperation: 0, runTimes: 0 },
    ...{ addonCopy: 0, shareIndex: 0, unshareIndex: 0, adoptIndex: 0 },
  };
  const functions = Object.keys(surface) as (keyof Native)[];

  it('there are no other functions', () => {
    expect(
      Object.keys(native)
        .filter((name) => name !== 'throwAt')
        .sort(),
    ).toEqual([...functions].sort());
  });

  it.concurrent.each(functions)('%s succeeds or fails in the documented way', async (name) => {
    const { code, signal, stdout, stderr } = await run('binding/hostile_calls.mjs', [name]);
    expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
    expect(stdout).toMatch(/^\d\d\d+ calls\n$/);
  });
});

describe('with other constructors of typed arrays', () => {
  const replacements = [
    ...['keeps', 'is a subclass that keeps', 'is a Proxy that keeps', 'transfers the one before'],
    ...['makes them transferred', 'makes resizable ones', 'makes longer ones', 'makes others', 'makes none'],
    ...['throws', 'is no function'],
  ];
  it.concurrent.each(replacements.flatMap((name) => ['before', 'after'].map((when) => ({ name, when }))))(
    'one that $name, put there $when the addon is loaded',
    async ({ name, when }) => {
      const { code, signal, stdout, stderr } = await run('binding/replaced_constructors.mjs', [name, when]);
      expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
      expect(stdout).toMatch(/^\d+ answered\n$/);
    },
  );
});

describe('the messages', () => {
  const index = filled();
  const query = rows(1);
  const search =
    (k: unknown, queries: unknown = query, filter?: unknown) =>
    () =>
      native.searchSync(index, queries as Float32Array, k as number, filter as NativeSelector);

  it.each<[string, () => unknown, string]>([
    [
      'an object that inherits from a handle',
      () => native.ntotal(Object.create(index)),
      'ERR_INVALID_ARG_TYPE The "index" argument must be an index of this package. Received an object',
    ],
    [
      'a token for an index',
      () => native.ntotal(native.token() as never),
      'ERR_INVALID_ARG_TYPE The "index" argument must be an index of this package. Received an object',
    ],
    [
      'an index for a token',
      () => native.cancel(index as never),
      'ERR_INVALID_ARG_TYPE The "token" argument must be a token of this package. Received an object',
    ],
    [
      'k = NaN',
      search(NaN),
      'ERR_OUT_OF_RANGE The value of "k" is out of range. It must be an integer >= 1 && <= 2147483647. Received NaN',
    ],
    [
      'k = 2^32 + 1',
      search(2 ** 32 + 1),
      'ERR_OUT_OF_RANGE The value of "k" is out of range. It must be an integer >= 1 && <= 2147483647. Received 4294967297',
    ],
    ['k = 1n', search(1n), 'ERR_INVALID_ARG_TYPE The "k" argument must be of type number. Received type bigint'],
    [
      'queries that do not fit',
      search(1, new Float32Array(7)),
      'ERR_VORONODE_DIMENSION The length of "queries" must be a multiple of d = 4. Received length 7, remainder 3',
    ],
    [
      'a query with infinity',
      search(1, Float32Array.of(0, 0, 0, 0, 0, 0, -Infinity, 0)),
      'ERR_INVALID_ARG_VALUE The value of "queries" must be finite. Received -Infinity at row 1, component 2',
    ],
    [
      'a selector that is too deep',
      search(1, query, nest(65)),
      'ERR_VORONODE_UNSUPPORTED Selectors nest up to 64 deep',
    ],
    [
      'a selector of too many parts',
      search(1, query, nest(30, true)),
      'ERR_VORONODE_UNSUPPORTED Selectors have up to 1024 parts',
    ],
    [
      'an id beyond int64',
      () => native.reconstructSync(index, 2n ** 63n),
      'ERR_OUT_OF_RANGE The value of "id" is out of range. It must be >= -(2n ** 63n) and < 2n ** 63n. Received a longer bigint',
    ],
    [
      'fewer ids than vectors',
      () => native.addWithIdsSync(native.idMap(native.flat(D, 1, true), false), rows(2), BigInt64Array.of(1n)),
      'ERR_OUT_OF_RANGE The value of "ids.length" is out of range. It must be 2, one id per vector. Received 1',
    ],
    [
      'a file that is not there',
      () => native.readIndexSync('/there/is/none'),
      "ENOENT ENOENT: no such file or directory, open '/there/is/none'",
    ],
    [
      'nprobe = 0',
      () => native.searchSync(native.ivfFlat(D, 2, 1, true, undefined), query, 1, undefined, [0]),
      'ERR_OUT_OF_RANGE The value of "nprobe" is out of range. It must be an integer >= 1 && <= 9007199254740991. Received 0',
    ],
    [
      'a flat index where an inverted file is needed',
      () => native.nlist(index),
      'ERR_INVALID_ARG_TYPE The index must be an inverted file (IVF). Received IndexFlat',
    ],
    [
      'kFactor = 1001',
      () => native.searchSync(native.refine(native.flat(D, 1, true), undefined), query, 1, undefined, [1001]),
      'ERR_OUT_OF_RANGE The value of "kFactor" is out of range. It must be a number >= 1 && <= 1000. Received 1001',
    ],
    [
      'a flat index where a refinement is needed',
      () => native.kFactor(index),
      'ERR_INVALID_ARG_TYPE The index must be an IndexRefine or IndexRefineFlat. Received IndexFlat',
    ],
    [
      'a quantizer of another dimension',
      () => native.ivfFlat(D + 1, 2, 1, true, native.flat(D, 1, true)),
      'ERR_VORONODE_DIMENSION The quantizer must have the d of the index, 5. Received 4',
    ],
    [
      'an inverted file merged into itself',
      () => {
        const ivf = native.ivfFlat(D, 2, 1, true, undefined);
        native.mergeFromSync(ivf, ivf, 0n);
      },
      'ERR_VORONODE_UNSUPPORTED An index cannot be merged into itself',
    ],
    [
      'a merge from an inverted file in a wrapper',
      () => {
        const [ivf, other] = [1, 2].map(() => native.ivfFlat(D, 2, 1, true, undefined));
        native.idMap(other!, false);
        native.mergeFromSync(ivf!, other!, 0n);
      },
      'ERR_VORONODE_UNSUPPORTED This index belongs to a wrapper and changes only through it; use the wrapper',
    ],
    [
      'a seed beyond 32 bits',
      () => native.trainSync(index, query, { seed: 2 ** 32 }),
      'ERR_OUT_OF_RANGE The value of "seed" is out of range. It must be an integer >= 0 && <= 4294967295. Received 4294967296',
    ],
    ['a closed index', () => closed(), 'ERR_VORONODE_CLOSED The index is closed'],
    [
      'a change behind the back of a wrapper',
      () => {
        const inner = native.flat(D, 1, true);
        native.idMap(inner, false);
        native.addSync(inner, query);
      },
      'ERR_VORONODE_UNSUPPORTED This index belongs to a wrapper and changes only through it; use the wrapper',
    ],
  ])('%s', (_, body, message) => {
    expect(failure(body)).toBe(message);
  });

  function nest(depth: number, twice = false): NativeSelector {
    let selector: NativeSelector = { type: 'range', min: 0n, max: 1n };
    for (let i = 1; i < depth; i++) {
      selector = twice ? { type: 'or', a: selector, b: selector } : { type: 'not', of: selector };
    }
    return selector;
  }

  function closed() {
    const index = filled();
    native.close(index);
    native.close(index);
    return native.ntotal(index);
  }

  it('of a file error has the fields of node:fs', () => {
    let error: unknown;
    try {
      native.writeIndexSync(filled(), '/there/is/none/either', true, false);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: 'ENOENT', errno: -2, syscall: 'open', path: '/there/is/none/either' });
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
  });
});

describe('a script that runs while arguments are read', () => {
  /** A selector of all ids whose reading runs `script`. */
  const tricky = (script: () => void): NativeSelector => ({
    get type() {
      script();
      return 'range' as const;
    },
    min: 0n,
    max: 1000n,
  });

  it('may detach the queries', () => {
    const queries = rows(3);
    const search = () =>
      native.searchSync(
        filled(),
        queries,
        1,
        tricky(() => structuredClone(0, { transfer: [queries.buffer as ArrayBuffer] })),
      );
    expect(failure(search)).toMatch(/^ERR_INVALID_ARG_VALUE .*detached/);
  });

  it('may close the index', () => {
    const index = filled();
    const { labels } = native.searchSync(
      index,
      rows(1),
      2,
      tricky(() => native.close(index)),
    );
    expect(labels).toEqual(BigInt64Array.of(0n, 1n));
    expect(failure(() => native.ntotal(index))).toMatch('ERR_VORONODE_CLOSED');
  });

  it('may detach the vectors of a training', () => {
    const vectors = rows(3);
    const train = () =>
      native.trainSync(filled(), vectors, {
        get niter() {
          structuredClone(0, { transfer: [vectors.buffer as ArrayBuffer] });
          return 3;
        },
      });
    expect(failure(train)).toMatch(/^ERR_INVALID_ARG_VALUE .*detached/);
  });

  it('may put the index into a wrapper', () => {
    const index = native.flat(D, 1, true);
    const remove = () =>
      native.removeIdsSync(
        index,
        tricky(() => native.idMap(index, false)),
      );
    expect(failure(remove)).toMatch('ERR_VORONODE_UNSUPPORTED');
  });

  it('may call the same function again', () => {
    const index = filled();
    let inner: BigInt64Array | undefined;
    const { labels } = native.searchSync(
      index,
      rows(1),
      2,
      tricky(() => {
        inner = native.searchSync(
          index,
          rows(1),
          3,
          tricky(() => native.addSync(index, rows(1))),
        ).labels;
      }),
    );
    expect(inner).toEqual(BigInt64Array.of(0n, 10n, 1n));
    expect(labels).toEqual(BigInt64Array.of(0n, 10n));
  });

  it('may throw what it likes', async () => {
    const error = new Error('mine');
    const selector = tricky(() => {
      throw error;
    });
    expect(() => native.removeIdsSync(filled(), selector)).toThrow(error);
    await expect(native.search(filled(), rows(1), 1, selector, undefined, undefined)).rejects.toBe(error);
  });
});

describe('results', () => {
  it('are not seen by setters of Object.prototype', () => {
    const seen: unknown[] = [];
    Object.defineProperty(Object.prototype, 'distances', { configurable: true, set: (value) => seen.push(value) });
    try {
      expect(native.searchSync(filled(), rows(1), 1, undefined).distances).toEqual(Float32Array.of(0));
    } finally {
      delete (Object.prototype as { distances?: unknown }).distances;
    }
    expect(seen).toEqual([]);
  });

  it('of both ways of calling have the same bits', async () => {
    const index = native.flat(16, 0, true);
    native.addSync(
      index,
      Float32Array.from({ length: 16 * 3000 }, (_, i) => Math.sin(i)),
    );
    const queries = Float32Array.from({ length: 16 * 9 }, (_, i) => Math.cos(i));
    expect(await native.search(index, queries, 20, undefined, undefined, undefined)).toEqual(
      native.searchSync(index, queries, 20, undefined),
    );
    expect(await native.rangeSearch(index, queries, 3, undefined, undefined, undefined)).toEqual(
      native.rangeSearchSync(index, queries, 3, undefined),
    );
  });
});

it('normalizeL2 changes nothing if it refuses', () => {
  const vectors = Float32Array.of(3, 4, 1, NaN);
  expect(failure(() => native.normalizeL2(vectors, 2))).toMatch('ERR_INVALID_ARG_VALUE');
  expect(vectors).toEqual(Float32Array.of(3, 4, 1, NaN));
});

it('tells its handles from those of another copy of the addon', async () => {
  const { code, signal, stdout, stderr } = await run('binding/copies.mjs');
  expect({ signal, code, stderr, stdout }).toEqual({ signal: null, code: 0, stderr: '', stdout: 'kept apart\n' });
});

it('names the SIMD targets, and refuses one that this machine cannot run', async () => {
  expect(native.simdTargets()).toContain(native.simdTarget());
  const { code, stderr } = await run('binding/hostile_calls.mjs', ['threads'], { env: { VORONODE_SIMD: 'mmx' } });
  expect(code).toBe(1);
  expect(stderr).toContain("VORONODE_SIMD names a target that this machine cannot run: 'mmx'");
});
