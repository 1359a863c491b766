/**
 * C++ exceptions thrown on purpose where a call enters, works and finishes, in a build with VORONODE_TEST_HOOKS: all become
 * JavaScript errors, and the next call works.
 */

import { describe, expect, it } from 'vitest';
import { type Native, type NativeIndex, native } from '../../lib/native.js';

const { throwAt } = native as Native & { throwAt?: (place: number, what: number) => void };

const places = [
  { place: 1, name: 'entry' },
  { place: 2, name: 'execute' },
  { place: 3, name: 'finish' },
];
const exceptions = [
  { what: 0, thrown: 'std::bad_alloc', code: 'ERR_VORONODE_NO_MEMORY', message: /^Memory ran out/ },
  { what: 1, thrown: 'std::runtime_error', code: 'ERR_VORONODE_INTERNAL', message: /^thrown for a test$/ },
  { what: 2, thrown: 'int', code: 'ERR_VORONODE_INTERNAL', message: /^An unknown C\+\+ exception was thrown$/ },
];

// The build that users get has no such seam.
describe.skipIf(throwAt === undefined)('an exception in the addon', () => {
  const D = 4;
  const row = Float32Array.of(1, 2, 3, 4);
  const index = native.flat(D, 1, true);
  native.addSync(index, row);
  const map = native.idMap(native.flat(D, 1, true), false);
  const growing = native.flat(D, 1, true);
  const rows = Float32Array.of(0, 0, 0, 0, 9, 9, 9, 9);
  const [ivf, other] = [1, 2].map(() => {
    const made = native.ivfFlat(D, 2, 1, true, undefined);
    native.trainSync(made, rows, undefined);
    return made;
  }) as [NativeIndex, NativeIndex];
  const filter = { type: 'range', min: 100n, max: 200n } as const;
  const bytes = native.serializeIndexSync(index);

  const asynchronous: Record<string, () => Promise<unknown>> = {
    search: () => native.search(index, row, 1, undefined, undefined, undefined),
    rangeSearch: () => native.rangeSearch(index, row, 1, undefined, undefined, undefined),
    add: () => native.add(growing, row, undefined),
    addWithIds: () => native.addWithIds(map, row, BigInt64Array.of(1n), undefined),
    train: () => native.train(ivf, rows, undefined, undefined, undefined),
    mergeFrom: () => native.mergeFrom(ivf, other, 0n, undefined),
    kmeans: () => native.kmeans(rows, D, 2, undefined, undefined, undefined),
    removeIds: () => native.removeIds(index, filter, undefined),
    serializeIndex: () => native.serializeIndex(index, undefined),
    deserializeIndex: () => native.deserializeIndex(bytes, undefined),
  };
  const synchronous: Record<string, () => unknown> = {
    searchSync: () => native.searchSync(index, row, 1, undefined),
    rangeSearchSync: () => native.rangeSearchSync(index, row, 1, undefined),
    addSync: () => native.addSync(growing, row),
    addWithIdsSync: () => native.addWithIdsSync(map, row, BigInt64Array.of(1n)),
    trainSync: () => native.trainSync(ivf, rows, undefined),
    mergeFromSync: () => native.mergeFromSync(ivf, other, 0n),
    kmeansSync: () => native.kmeansSync(rows, D, 2, undefined),
    removeIdsSync: () => native.removeIdsSync(index, filter),
    serializeIndexSync: () => native.serializeIndexSync(index),
    deserializeIndexSync: () => native.deserializeIndexSync(bytes),
    reset: () => native.resetSync(growing),
  };
  const immediate: Record<string, () => unknown> = {
    flat: () => native.flat(D, 1, true),
    ivfFlat: () => native.ivfFlat(D, 2, 1, true, undefined),
    ivfScalarQuantizer: () => native.ivfScalarQuantizer(D, 2, 0, 1, true, undefined),
    setNprobe: () => native.setNprobe(ivf, 2),
    listSizes: () => native.listSizesSync(ivf),
    quantizer: () => native.quantizer(ivf),
    ntotal: () => native.ntotal(index),
    reconstruct: () => native.reconstructSync(index, 0n),
    normalizeL2: () => native.normalizeL2(row.slice(), D),
    token: () => native.token(),
  };

  describe.each(exceptions)('of type $thrown', ({ what, code, message }) => {
    const error = expect.objectContaining({ code, message: expect.stringMatching(message) });

    it.each(places)('at $name', async ({ place }) => {
      for (const call of Object.values(asynchronous)) {
        throwAt!(place, what);
        await expect(started(call)).rejects.toEqual(error);
        await call();
      }
      for (const call of Object.values(place === 1 ? { ...synchronous, ...immediate } : synchronous)) {
        throwAt!(place, what);
        expect(call).toThrow(error);
        call();
      }
      expect(native.ntotal(index)).toBe(1);
    });
  });

  /** Calls that fail at the entry reject, too: they never throw. */
  function started(call: () => Promise<unknown>): Promise<unknown> {
    let promise: Promise<unknown> | undefined;
    expect(() => {
      promise = call();
    }).not.toThrow();
    return promise!;
  }
});
