/** What an IndexKeyMap is to the rest of the package, and the words in which it refuses. */

import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import * as v from '../../lib/index.js';
import { hostile } from '../hostile.js';
import { listen, names, PROMISE, stopListening } from '../listen.js';

const make = (keys: string[] = []) => {
  const index = new v.IndexKeyMap(new v.IndexFlatL2(2));
  index.addWithKeysSync(
    Float32Array.from({ length: 2 * keys.length }, (_, i) => i),
    keys,
  );
  return index;
};
const two = Float32Array.of(1, 2, 3, 4);

describe('what goes into one', () => {
  test('an empty index that numbers its vectors', () => {
    expect(new v.IndexKeyMap(v.indexFactory(2, 'IVF2,Flat')).index).toBeInstanceOf(v.IndexIVFFlat);
    const full = new v.IndexFlatL2(2);
    full.addSync(two);
    const wrapped = new v.IndexFlatL2(2);
    new v.IndexIDMap(wrapped);
    for (const index of [full, wrapped, new v.IndexIDMap(new v.IndexFlatL2(2))]) {
      expect(() => new v.IndexKeyMap(index)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' }));
    }
    const again = () => new v.IndexKeyMap(make() as never);
    expect(again).toThrow('The "index" argument must be an instance of Index. Received an instance of IndexKeyMap');
  });

  test('the index in it changes through the map only', () => {
    const index = make(['a']);
    expect(index.index.ntotal).toBe(1);
    expect(() => index.index.addSync(two)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' }));
    expect(index.index.searchSync(Float32Array.of(0, 1), 1).labels).toEqual(BigInt64Array.of(0n));
  });
});

test('tune works on the index in it', async () => {
  const map = new v.IndexKeyMap(new v.IndexIVFFlat(2, 4));
  const vectors = Float32Array.from({ length: 800 }, (_, i) => (i * 7919) % 1009);
  map.trainSync(vectors);
  await map.upsert(
    vectors,
    Array.from({ length: 400 }, (_, i) => `key ${i}`),
  );
  const { recall, nprobe } = await v.tune(map.index, vectors.subarray(0, 40), { recall: 1, k: 5, set: true });
  expect([recall, map.index.nprobe]).toEqual([1, nprobe]);
  expect(map.searchOneSync(vectors.subarray(0, 2), 1).keys).toEqual(['key 0']);
});

describe('how it is shown', () => {
  test('by inspect and in JSON', () => {
    const index = make(['a', 'b']);
    const inner = "index: IndexFlatL2 { d: 2, ntotal: 2, metric: 'l2' }";
    expect(inspect(index).replace(/\s+/g, ' ')).toBe(`IndexKeyMap { d: 2, ntotal: 2, metric: 'l2', ${inner} }`);
    expect(JSON.parse(JSON.stringify(index))).toMatchObject({ kind: 'IndexKeyMap', ntotal: 2, index: { ntotal: 2 } });
    index.close();
    expect(inspect(index)).toContain('closed: true');
  });

  test('its stats have the keys among the ids', () => {
    const [none, some] = [make().stats(), make(Array.from({ length: 1000 }, (_, i) => `key ${i}`)).stats()];
    expect(some.ntotal).toBe(1000);
    expect(some.bytes.ids - none.bytes.ids).toBeGreaterThan(1000 * 7);
    expect(some.bytes.total).toBeGreaterThan(some.bytes.ids + some.bytes.rows);
  });
});

test('it cannot be cloned', () => {
  for (const value of [make(), new v.KeySelector(['a'])]) {
    expect(() => structuredClone(value)).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
  }
});

test('a class of the caller may extend it', () => {
  class Documents extends v.IndexKeyMap<v.IndexFlatL2> {
    constructor() {
      super(new v.IndexFlatL2(2));
    }
  }
  const documents = new Documents();
  documents.addWithKeysSync(two, ['a', 'b']);
  expect(documents.searchOneSync(Float32Array.of(3, 4), 1).keys).toEqual(['b']);
  expect(inspect(documents)).toContain('Documents {');
});

test('a closed one refuses, by code', async () => {
  const index = make(['a']);
  index.close();
  index.close();
  const closed = { code: 'ERR_VORONODE_CLOSED' };
  expect([index.d, index.metric]).toEqual([2, 'l2']);
  await expect(index.search(two, 1)).rejects.toMatchObject(closed);
  await expect(index.has('a')).rejects.toMatchObject(closed);
  await expect(index.keys()).rejects.toMatchObject(closed);
  expect(() => index.upsertSync(two, ['a', 'b'])).toThrow(expect.objectContaining(closed));
  using other = make(['a']);
  expect(other.ntotal).toBe(1);
});

describe('options', () => {
  const index = make(['a']);
  const query = Float32Array.of(1, 2);
  test.each<[string, () => unknown, string]>([
    ['a misspelt one', () => index.searchSync(query, 1, { filters: ['a'] } as never), "Did you mean 'filter'?"],
    [
      'of lists',
      () => index.searchSync(query, 1, { nprobe: 3 } as never),
      "'options.nprobe' is not known to IndexKeyMap",
    ],
    ['a property of lists', () => ((index as unknown as v.IndexIVF).nprobe = 3), "IndexKeyMap has no 'nprobe'"],
    ['a transfer in place', () => index.searchSync(query, 1, { transfer: true } as never), 'that return a promise'],
    [
      'a filter of numbers',
      () => index.searchSync(query, 1, { filter: [1] as never }),
      '"options.filter[0]" property must be of type string',
    ],
    ['a string as filter', () => index.searchSync(query, 1, { filter: 'a' as never }), 'an array or a Set of strings'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  test('a function off the thread', async () => {
    const filter = ((key: string) => key !== 'a') as never;
    await expect(index.search(query, 1, { filter })).rejects.toThrow(
      'functions are for searchSync and rangeSearchSync',
    );
  });

  test('those of the index in it are taken', async () => {
    const lists = new v.IndexKeyMap(v.indexFactory(2, 'IVF2,SQ8,RFlat'));
    lists.trainSync(
      Float32Array.from({ length: 40 }, (_, i) => i),
      { minPointsPerCentroid: 1 },
    );
    lists.index.baseIndex.nprobe = 1;
    await lists.addWithKeys(two, ['a', 'b']);
    expect((await lists.search(two, 5, { nprobe: 2, kFactor: 3 })).keys(0)).toEqual(['a', 'b']);
    expect(() => ((lists as unknown as v.IndexIVF).nprobe = 3)).toThrow('set it on index.index.baseIndex');
  });
});

describe('ids', () => {
  const index = make(['a', 'b']);
  const unsupported = expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' });

  test('do not filter it, and do not go with keys', () => {
    const range = new v.IDSelectorRange(0, 1);
    for (const filter of [range, new v.IDSelectorNot(range), new v.IDSelectorAnd(range, new v.KeySelector(['a']))]) {
      expect(() => index.searchSync(two, 1, { filter })).toThrow(unsupported);
      expect(() => index.rangeSearchSync(two, 1, { filter })).toThrow(unsupported);
      expect(() => index.removeKeysSync(filter)).toThrow(unsupported);
    }
    expect(index.ntotal).toBe(2);
  });

  test.each(['Flat', 'IDMap,Flat', 'IVF2,Flat', 'SQ8', 'Flat,RFlat', 'L2norm,Flat'])(
    '%s takes no keys',
    async (kind) => {
      const other = v.indexFactory(2, kind);
      if (!other.isTrained) other.trainSync(two, { minPointsPerCentroid: 1 });
      if (kind.startsWith('IDMap')) other.addWithIdsSync(two, [0, 1]);
      else other.addSync(two);
      for (const filter of [new v.KeySelector(['a']), new v.IDSelectorNot(new v.KeySelector([]))]) {
        expect(() => other.searchSync(two, 1, { filter })).toThrow(unsupported);
        await expect(other.search(two, 1, { filter })).rejects.toEqual(unsupported);
        expect(() => other.rangeSearchSync(two, 1, { filter })).toThrow(unsupported);
        expect(() => other.removeIdsSync(filter)).toThrow(unsupported);
      }
      expect(other.ntotal).toBe(2);
    },
  );
});

describe('whatever comes for keys', () => {
  const given = Object.entries(hostile).filter(
    ([name]) => !['empty array', 'strings in an array', 'a set of strings'].includes(name),
  );
  test.each(given)('%s: an error with a code, and nothing changes', async (name, value) => {
    const index = make(['1', 'b']);
    const keys = () => value() as never;
    const before = v.serializeIndexSync(index);
    const calls: [string, () => unknown][] = [
      ['addWithKeysSync', () => index.addWithKeysSync(two, keys())],
      ['upsertSync', () => index.upsertSync(two, keys())],
      ['updateVectors', () => index.updateVectors(two, keys())],
      ['removeKeys', () => index.removeKeys(keys())],
      ['KeySelector', () => new v.KeySelector(keys())],
      ...(typeof value() === 'string' && name !== 'a lone surrogate'
        ? []
        : ([
            ['has', () => index.has(keys())],
            ['hasSync', () => index.hasSync(keys())],
            ['reconstruct', () => index.reconstruct(keys())],
          ] as [string, () => unknown][])),
      ...(['undefined', 'function', 'class'].includes(name)
        ? []
        : ([['filter', () => index.searchSync(two, 1, { filter: keys() })]] as [string, () => unknown][])),
    ];
    for (const [call, body] of calls) {
      const error = await (async () => await body())().then(
        () => undefined,
        (reason) => reason,
      );
      if (error?.message === 'a getter was run') continue; // the caller's own
      expect(error?.code, `${call}: ${error}`).toMatch(/^ERR_(INVALID_ARG_TYPE|INVALID_ARG_VALUE|OUT_OF_RANGE)$/);
    }
    expect(v.serializeIndexSync(index)).toEqual(before);
  });
});

describe('the messages of the core', () => {
  const index = make(['a', 'b']);
  test.each<[string, () => unknown, string]>([
    ['a key that is there', () => index.addWithKeysSync(two, ['c', 'b']), 'ERR_INVALID_ARG_VALUE'],
    ['a key twice', () => index.addWithKeysSync(two, ['c', 'c']), 'ERR_INVALID_ARG_VALUE'],
    ['a key that is missing', () => index.updateVectorsSync(two, ['a', 'c']), 'ERR_OUT_OF_RANGE'],
    ['one to reconstruct', () => index.reconstructSync(['a', 'c']), 'ERR_OUT_OF_RANGE'],
    ['NaN', () => index.upsertSync(Float32Array.of(NaN, 0), ['c']), 'ERR_INVALID_ARG_VALUE'],
    ['a merge of one key in both', () => index.mergeFromSync(make(['b'])), 'ERR_INVALID_ARG_VALUE'],
    ['a merge with itself', () => index.mergeFromSync(index), 'ERR_VORONODE_UNSUPPORTED'],
    [
      'a merge of other vectors',
      () => index.mergeFromSync(new v.IndexKeyMap(new v.IndexFlatL2(3))),
      'ERR_VORONODE_UNSUPPORTED',
    ],
  ])('%s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
    expect(index.keysSync()).toEqual(['a', 'b']);
  });

  test('say which key', () => {
    expect(() => index.reconstructSync(['a', 'missing'])).toThrow(/keys\[1\].*"missing"/);
    expect(() => index.addWithKeysSync(two, ['c', 'b'])).toThrow(/keys\[1\].*"b"/);
  });
});

describe('told to who listens', () => {
  afterEach(stopListening);

  test('adds, replacements, removals, searches', async () => {
    const index = make(['a', 'b']);
    const [adds, removals, searches] = [listen('add'), listen('remove'), listen('search')];
    await index.addWithKeys(two, ['c', 'd']);
    expect(names(adds)).toEqual(PROMISE);
    const known = { index, kind: 'IndexKeyMap', d: 2, metric: 'l2' };
    expect(adds[3]!.then).toMatchObject({ ...known, method: 'addWithKeys', n: 2, ntotal: 2, merged: 1 });
    index.upsertSync(two, ['d', 'e']);
    expect(adds[5]!.then).toMatchObject({ ...known, method: 'upsertSync', n: 2, ntotal: 4, replaced: 1 });
    await index.removeKeys(['a', 'é', 'x'.repeat(300)]);
    expect(removals[3]!.then).toMatchObject({ ...known, method: 'removeIds', n: 3, removed: 1 });
    index.searchSync(two, 3);
    expect(searches[1]!.then).toMatchObject({ ...known, method: 'searchSync', nq: 2, k: 3 });
  });
});

test('vectors may be given away', async () => {
  const index = make();
  const vectors = Float32Array.from(two);
  await index.addWithKeys(vectors, ['a', 'b'], { transfer: true });
  expect(vectors.length).toBe(0);
  expect(index.reconstructSync(['a', 'b'])).toEqual(two);
  const others = Float32Array.of(9, 9);
  expect(await index.upsert(others, ['b'], { transfer: true })).toBe(1);
  expect([others.length, index.reconstructSync('b')]).toEqual([0, Float32Array.of(9, 9)]);
});
