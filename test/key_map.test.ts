/**
 * A model test: random operations on an IndexKeyMap, on a JavaScript Map of the same keys, and on an IndexIDMap in which each
 * vector has the number of its addition for an id: equal distances are in the order of these, as they must be under keys.
 */

import { describe, expect, test } from 'vitest';
import * as v from '../lib/index.js';
import { randomKey } from './keys/keys.js';
import { Random } from './random.js';
import { expectSameBits } from './subject.js';

const D = 8;
const KINDS = ['Flat', 'IVF4,Flat', 'SQ8', 'L2norm,Flat', 'SQ8,RFlat', 'IVF4,SQ8,RFlat', 'PCA4,IVF4,Flat'];
const METRICS: v.Metric[] = ['l2', 'ip'];

const copyOf = <I extends v.Index | v.IndexKeyMap>(index: I): I =>
  v.deserializeIndexSync<I>(v.serializeIndexSync(index));

type Filter = { given: v.SyncKeySearchOptions['filter']; has(key: string): boolean };

class Run {
  map: v.IndexKeyMap;
  shadow: v.IndexIDMap;
  readonly model = new Map<string, { id: number; vector: Float32Array }>();
  readonly random: Random;
  readonly empty: v.Index;
  added = 0;

  constructor(kind: string, metric: v.Metric, seed: number) {
    this.random = new Random(seed);
    this.empty = v.indexFactory(D, kind, metric);
    this.empty.trainSync(this.random.integers(200 * D), { minPointsPerCentroid: 1 });
    if (this.empty.constructor.name.includes('IVF')) (this.empty as v.IndexIVF).nprobe = 2;
    this.map = new v.IndexKeyMap(copyOf(this.empty));
    this.shadow = new v.IndexIDMap(copyOf(this.empty));
  }

  vectors(n: number): Float32Array {
    return this.random.integers(n * D, -2, 2);
  }

  someKeys(n: number): string[] {
    return Array.from({ length: n }, () => randomKey(this.random));
  }

  /** In the three of them; of vectors under one key the last. */
  put(vectors: Float32Array, keys: string[]): void {
    const last = new Map(keys.map((key, i) => [key, i]));
    for (const [key, i] of [...last].sort(([, a], [, b]) => a - b)) {
      const vector = vectors.slice(i * D, (i + 1) * D);
      const old = this.model.get(key);
      if (old !== undefined) this.shadow.removeIdsSync([old.id]);
      this.model.delete(key);
      this.model.set(key, { id: this.added, vector });
      this.shadow.addWithIdsSync(vector, [this.added++]);
    }
  }

  async add(): Promise<void> {
    const keys = [...new Set(this.someKeys(this.random.integer(0, 5)))].filter((key) => !this.model.has(key));
    const vectors = this.vectors(keys.length);
    if (this.random.next() < 0.5) this.map.addWithKeysSync(vectors, new Set(keys));
    else await this.map.addWithKeys(vectors, keys);
    this.put(vectors, keys);
  }

  refusedAdd(): void {
    const there = [...this.model.keys()].at(this.random.integer(0, Math.max(0, this.model.size - 1)));
    const keys = there === undefined ? ['twice', 'twice'] : ['new key', there];
    const failure = expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', name: 'TypeError' });
    expect(() => this.map.addWithKeysSync(this.vectors(2), keys)).toThrow(failure);
    expect(this.map.hasSync('new key')).toBe(false);
  }

  async upsert(): Promise<void> {
    const keys = this.someKeys(this.random.integer(0, 6));
    const vectors = this.vectors(keys.length);
    const there = new Set(keys.filter((key) => this.model.has(key))).size;
    const sync = this.random.next() < 0.5;
    expect(sync ? this.map.upsertSync(vectors, keys) : await this.map.upsert(vectors, keys)).toBe(there);
    this.put(vectors, keys);
  }

  async update(): Promise<void> {
    const keys = [...new Set(this.someKeys(3))];
    const vectors = this.vectors(keys.length);
    if (keys.every((key) => this.model.has(key))) {
      await this.map.updateVectors(vectors, keys);
      this.put(vectors, keys);
    } else {
      const failure = { code: 'ERR_OUT_OF_RANGE', name: 'RangeError' };
      await expect(this.map.updateVectors(vectors, keys)).rejects.toMatchObject(failure);
    }
  }

  /** A set of keys in one of its forms. */
  filter(sync: boolean): Filter {
    const [some, others] = [this.someKeys(this.random.integer(0, 20)), this.someKeys(3)];
    const has = (key: string) => some.includes(key);
    const [a, b] = [new v.KeySelector(some), new v.KeySelector(others)];
    const forms: Filter[] = [
      { given: some, has },
      { given: new Set(some), has },
      { given: a, has },
      { given: new v.IDSelectorNot(a), has: (key) => !has(key) },
      { given: new v.IDSelectorOr(a, b), has: (key) => has(key) || others.includes(key) },
      { given: new v.IDSelectorAnd(a, new v.IDSelectorNot(b)), has: (key) => has(key) && !others.includes(key) },
      { given: new v.IDSelectorXOr(a, b), has: (key) => has(key) !== others.includes(key) },
      { given: (key) => key.length % 2 === 0, has: (key) => key.length % 2 === 0 },
    ];
    return forms[this.random.integer(0, forms.length - (sync ? 1 : 2))]!;
  }

  async remove(): Promise<void> {
    const { given, has } = this.filter(false);
    const gone = [...this.model].filter(([key]) => has(key));
    if (gone.length > 0.7 * this.model.size && this.model.size > 10) return; // a selector of all the others
    expect(await this.map.removeKeys(given as never)).toBe(gone.length);
    this.shadow.removeIdsSync(gone.map(([, { id }]) => id));
    for (const [key] of gone) this.model.delete(key);
  }

  keyOf(): (id: bigint) => string {
    const keys = new Map([...this.model].map(([key, { id }]) => [BigInt(id), key]));
    return (id) => keys.get(id)!;
  }

  async search(): Promise<void> {
    const sync = this.random.next() < 0.5;
    const [nq, k] = [this.random.integer(0, 3), this.random.integer(1, this.random.next() < 0.2 ? 200 : 12)];
    const { given, has } = this.random.next() < 0.5 ? this.filter(sync) : { given: undefined, has: () => true };
    const queries = this.vectors(nq);
    const options = { filter: given as never };
    const found = sync ? this.map.searchSync(queries, k, options) : await this.map.search(queries, k, options);
    const ids = [...this.model].filter(([key]) => has(key)).map(([, { id }]) => id);
    const expected = this.shadow.searchSync(queries, k, given && { filter: new v.IDSelectorBatch(ids) });
    expectSameBits({ labels: expected.labels, distances: found.distances }, expected);
    const keyOf = this.keyOf();
    for (let i = 0; i < nq; i++) expect(found.keys(i)).toEqual([...expected.row(i).labels].map(keyOf));
    if (nq !== 1) return;
    expect(this.map.searchOneSync(queries, k, options)).toEqual(found.row(0));
  }

  async rangeSearch(): Promise<void> {
    const sync = this.random.next() < 0.5;
    const { given, has } = this.random.next() < 0.5 ? this.filter(sync) : { given: undefined, has: () => true };
    const [queries, radius] = [this.vectors(this.random.integer(0, 3)), this.random.integer(-3, 20)];
    const ids = [...this.model].filter(([key]) => has(key)).map(([, { id }]) => id);
    let expected: v.RangeSearchResult;
    try {
      expected = this.shadow.rangeSearchSync(queries, radius, given && { filter: new v.IDSelectorBatch(ids) });
    } catch (error) {
      expect((error as { code: string }).code).toBe('ERR_VORONODE_UNSUPPORTED');
      expect(() => this.map.rangeSearchSync(queries, radius)).toThrow((error as Error).message);
      return;
    }
    const options = { filter: given as never };
    const found = sync
      ? this.map.rangeSearchSync(queries, radius, options)
      : await this.map.rangeSearch(queries, radius, options);
    expect(found.lims).toEqual(expected.lims);
    expectSameBits({ labels: expected.labels, distances: found.distances }, expected);
    const keyOf = this.keyOf();
    for (let i = 0; i < found.nq; i++) expect(found.keys(i)).toEqual([...expected.row(i).labels].map(keyOf));
  }

  async reconstruct(): Promise<void> {
    const [key] = this.someKeys(1) as [string];
    const there = this.model.get(key);
    expect(await this.map.has(key)).toBe(there !== undefined);
    expect(this.map.hasSync(key)).toBe(there !== undefined);
    if (there === undefined) {
      expect(() => this.map.reconstructSync(key)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
      await expect(this.map.reconstruct([key])).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
      return;
    }
    const stored = this.shadow.reconstructSync(there.id);
    expect(await this.map.reconstruct(key)).toEqual(stored);
    const keys = [...this.model.keys()].slice(-7);
    const ids = keys.map((one) => this.model.get(one)!.id);
    expect(this.map.reconstructSync(keys)).toEqual(this.shadow.reconstructSync(ids));
  }

  async whole(): Promise<void> {
    expect(this.map.keysSync()).toEqual([...this.model.keys()]);
    expect(await this.map.keys()).toEqual([...this.model.keys()]);
    const sync = this.random.next() < 0.5;
    const bytes = sync ? v.serializeIndexSync(this.map) : await v.serializeIndex(this.map);
    const again = sync ? v.deserializeIndexSync(bytes) : await v.deserializeIndex(bytes);
    expect(again).toBeInstanceOf(v.IndexKeyMap);
    expect(Buffer.compare(v.serializeIndexSync(again), bytes)).toBe(0);
    if (this.random.next() < 0.5) this.map = again as unknown as v.IndexKeyMap;
  }

  async merge(): Promise<void> {
    const other = new v.IndexKeyMap(copyOf(this.empty));
    const keys = [...new Set(this.someKeys(5))];
    const vectors = this.vectors(keys.length);
    other.addWithKeysSync(vectors, keys);
    const gone = keys.filter((key) => this.model.has(key));
    if (gone.length > 0) {
      await expect(this.map.mergeFrom(other)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      expect(other.keysSync()).toEqual(keys);
      other.removeKeysSync(gone);
    }
    if (this.random.next() < 0.5) await this.map.mergeFrom(other);
    else this.map.mergeFromSync(other);
    expect(other.ntotal).toBe(0);
    const kept = keys.filter((key) => !gone.includes(key));
    this.put(
      Float32Array.from(kept.flatMap((key) => [...vectors.subarray(keys.indexOf(key) * D).subarray(0, D)])),
      kept,
    );
  }

  async step(): Promise<void> {
    const draw = this.random.next();
    if (draw < 0.15) await this.add();
    else if (draw < 0.3) await this.upsert();
    else if (draw < 0.35) await this.update();
    else if (draw < 0.4) this.refusedAdd();
    else if (draw < 0.5) await this.remove();
    else if (draw < 0.7) await this.search();
    else if (draw < 0.8) await this.rangeSearch();
    else if (draw < 0.9) await this.reconstruct();
    else if (draw < 0.95) await this.merge();
    else if (draw < 0.995) await this.whole();
    else this.reset();
    expect(this.map.ntotal).toBe(this.model.size);
  }

  reset(): void {
    this.map.resetSync();
    this.shadow.resetSync();
    this.model.clear();
  }
}

describe.each(METRICS)('%s', (metric) => {
  test.each(KINDS)('%s: 600 steps', async (kind) => {
    const run = new Run(kind, metric, 11);
    for (let i = 0; i < 600; i++) await run.step();
    await run.whole();
  });
});

describe('what a search answers', () => {
  const make = (keys: string[], vectors = new Float32Array(keys.length)) => {
    const index = new v.IndexKeyMap(new v.IndexFlatL2(1));
    index.addWithKeysSync(vectors, keys);
    return index;
  };

  test('equal distances in the order of addition, upserted keys last', () => {
    const index = make(['c', 'a', 'b']);
    expect(index.searchOneSync(Float32Array.of(0), 5).keys).toEqual(['c', 'a', 'b']);
    index.upsertSync(Float32Array.of(0), ['c']);
    expect(index.searchOneSync(Float32Array.of(0), 5).keys).toEqual(['a', 'b', 'c']);
    expect(index.keysSync()).toEqual(['a', 'b', 'c']);
  });

  test('a filter function is called with keys, about none twice, and what it throws comes through', () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `key ${i}`);
    const index = make(
      keys,
      Float32Array.from(keys, (_, i) => i),
    );
    index.removeKeysSync(['key 5']);
    index.upsertSync(Float32Array.of(7.5), ['key 3']);
    const asked: string[] = [];
    const filter = (key: string) => {
      asked.push(key);
      return Number(key.slice(4)) % 3 === 0;
    };
    const found = index.searchOneSync(Float32Array.of(7.5), 4, { filter });
    expect(found.keys).toEqual(['key 3', 'key 6', 'key 9', 'key 12']);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).not.toContain('key 5');
    const thrown = new Error('mine');
    const throwing = () => {
      throw thrown;
    };
    expect(() => index.searchSync(Float32Array.of(0), 1, { filter: throwing })).toThrow(thrown);
    expect(() => index.searchSync(Float32Array.of(0), 1, { filter: (() => 1) as never })).toThrow(/boolean/);
  });

  test('a filter function may search, look up and close the index', () => {
    const index = make(['a', 'b', 'c'], Float32Array.of(1, 2, 3));
    const filter = (key: string) => {
      expect(index.hasSync(key)).toBe(true);
      expect(index.searchOneSync(Float32Array.of(9), 1, { filter: (inner) => inner !== 'c' }).keys).toEqual(['b']);
      expect(() => index.upsertSync(Float32Array.of(1), ['a'])).toThrow('its filter function runs');
      return key !== 'a';
    };
    expect(index.searchOneSync(Float32Array.of(0), 3, { filter }).keys).toEqual(['b', 'c']);
    const closing = () => {
      index.close();
      return true;
    };
    expect(index.searchOneSync(Float32Array.of(0), 3, { filter: closing }).keys).toEqual(['a', 'b', 'c']);
  });

  test('one selector serves many searches, and is not moved by a transfer', async () => {
    const index = make(['a', 'b', 'c'], Float32Array.of(1, 2, 3));
    const filter = new v.KeySelector(['a', 'c']);
    for (let i = 0; i < 5; i++) {
      const found = await index.search(new Float32Array(1), 3, { filter, transfer: true });
      expect(found.keys(0)).toEqual(['a', 'c']);
    }
    index.upsertSync(Float32Array.of(0.5), ['c']);
    expect((await index.searchOne(new Float32Array(1), 3, { filter })).keys).toEqual(['c', 'a']);
  });
});
