/** Wrong arguments of every method of an IndexKeyMap: class, code and message; the index is as it was. */

import { expect, test } from 'vitest';
import * as v from '../../lib/index.js';
import { D, k, options, type Rule, radius, signal, vectors } from '../contract/rules.js';
import { hostile } from '../hostile.js';

function filled(): v.IndexKeyMap {
  const index = new v.IndexKeyMap(new v.IndexFlatL2(D));
  index.addWithKeysSync(Float32Array.of(1, 2, 3, 4), ['a', 'b']);
  return index;
}

interface Case {
  rule: Rule;
  sync?: (value: never) => unknown;
  async?: (value: never) => Promise<unknown>;
}

function cases(index: v.IndexKeyMap): Record<string, Case> {
  const x = Float32Array.of(1, 2);
  const calls = {
    addWithKeys: (o: never) => index.addWithKeys(x, ['c'], o),
    upsert: (o: never) => index.upsert(x, ['a'], o),
    updateVectors: (o: never) => index.updateVectors(x, ['a'], o),
    removeKeys: (o: never) => index.removeKeys([], o),
    reconstruct: (o: never) => index.reconstruct([], o),
    search: (o: never) => index.search(x, 1, o),
    searchOne: (o: never) => index.searchOne(x, 1, o),
    rangeSearch: (o: never) => index.rangeSearch(x, 1, o),
    mergeFrom: (o: never) => index.mergeFrom(new v.IndexKeyMap(new v.IndexFlatL2(D)), o),
    train: (o: never) => index.train(x, o),
  };
  const made = Object.entries(calls).flatMap(([name, call]): [string, Case][] => [
    [`${name} options`, { rule: options, async: call }],
    [`${name} signal`, { rule: signal, async: (s) => call({ signal: s } as never) }],
  ]);
  return {
    ...Object.fromEntries(made),
    'searchSync options': { rule: options, sync: (o) => index.searchSync(x, 1, o) },
    'rangeSearchSync options': { rule: options, sync: (o) => index.rangeSearchSync(x, 1, o) },
    'trainSync options': { rule: options, sync: (o) => index.trainSync(x, o) },
    'addWithKeys vectors': {
      rule: vectors('vectors'),
      sync: (w) => index.addWithKeysSync(w, []),
      async: (w) => index.addWithKeys(w, []),
    },
    'upsert vectors': {
      rule: vectors('vectors'),
      sync: (w) => index.upsertSync(w, []),
      async: (w) => index.upsert(w, []),
    },
    'updateVectors vectors': {
      rule: vectors('vectors'),
      sync: (w) => index.updateVectorsSync(w, []),
      async: (w) => index.updateVectors(w, []),
    },
    'train vectors': { rule: vectors('vectors'), sync: (w) => index.trainSync(w), async: (w) => index.train(w) },
    'search queries': {
      rule: vectors('queries'),
      sync: (w) => index.searchSync(w, 1),
      async: (w) => index.search(w, 1),
    },
    'rangeSearch queries': {
      rule: vectors('queries'),
      sync: (w) => index.rangeSearchSync(w, 1),
      async: (w) => index.rangeSearch(w, 1),
    },
    'search k': { rule: k, sync: (n) => index.searchSync(x, n), async: (n) => index.search(x, n) },
    'searchOne k': { rule: k, sync: (n) => index.searchOneSync(x, n), async: (n) => index.searchOne(x, n) },
    'rangeSearch radius': {
      rule: radius,
      sync: (r) => index.rangeSearchSync(x, r),
      async: (r) => index.rangeSearch(x, r),
    },
    'mergeFrom other': {
      rule: () => [
        'TypeError',
        'ERR_INVALID_ARG_TYPE',
        /^The "other" argument must be an instance of IndexKeyMap\. Rec/,
      ],
      sync: (other) => index.mergeFromSync(other),
      async: (other) => index.mergeFrom(other),
    },
  };
}

test.each(Object.keys(cases(filled())))('%s: anything else is refused', async (name) => {
  const index = filled();
  const before = v.serializeIndexSync(index);
  const { rule, sync, async } = cases(index)[name]!;
  let refused = 0;
  for (const [title, make] of Object.entries(hostile)) {
    const expected = rule(make());
    if (expected === undefined) continue;
    refused++;
    const [kind, code, message] = expected;
    const error = { name: kind, ...(code && { code }), message: expect.stringMatching(message) };
    if (sync) expect(() => sync(make() as never), title).toThrow(expect.objectContaining(error));
    if (async) await expect(async(make() as never), title).rejects.toMatchObject(error);
  }
  expect(refused).toBeGreaterThan(20);
  expect(Buffer.compare(v.serializeIndexSync(index), before)).toBe(0);
});

test('a query of another length, and a size beyond all memory', async () => {
  const index = filled();
  const wrong = { code: 'ERR_VORONODE_DIMENSION', message: expect.stringContaining('use search() for 2 queries') };
  await expect(index.searchOne(new Float32Array(2 * D), 1)).rejects.toMatchObject(wrong);
  const [queries, most] = [new Float32Array(100_000 * D), 2 ** 31 - 1];
  await expect(index.search(queries, most)).rejects.toMatchObject({ code: 'ERR_VORONODE_NO_MEMORY' });
  expect(index.searchSync(new Float32Array(0), 1).toArray()).toEqual([]);
});
