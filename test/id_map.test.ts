import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  deserializeIndexSync,
  type Index,
  IndexFlatIP,
  IndexFlatL2,
  IndexIDMap,
  IndexIDMap2,
  indexFactory,
  serializeIndexSync,
} from '../lib/index.js';
import { testIndex } from './contract.js';
import { hostile } from './hostile.js';
import { readBack } from './subject.js';

testIndex('IndexIDMap of IndexFlatL2', (d) => new IndexIDMap(new IndexFlatL2(d)), { metric: 'l2', mapped: true });
testIndex('IndexIDMap of IndexFlatIP', (d) => new IndexIDMap(new IndexFlatIP(d)), { metric: 'ip', mapped: true });
testIndex('IndexIDMap2 of IndexFlatL2', (d) => new IndexIDMap2(new IndexFlatL2(d)), { metric: 'l2', mapped: true });

const unsupported = (message: RegExp) =>
  expect.objectContaining({ name: 'Error', code: 'ERR_VORONODE_UNSUPPORTED', message: expect.stringMatching(message) });

describe('the wrapped index', () => {
  test('is the very object, and grows with the map', () => {
    const inner = new IndexFlatL2(2);
    const map = new IndexIDMap(inner);
    expect(map.index).toBe(inner);
    map.addWithIdsSync(Float32Array.of(1, 2, 3, 4), [-7, 7]);
    expect([map.ntotal, inner.ntotal]).toEqual([2, 2]);
    expect([...inner.searchSync(Float32Array.of(3, 4), 1).labels]).toEqual([1n]);
    expect([...map.searchSync(Float32Array.of(3, 4), 1).labels]).toEqual([7n]);
  });

  test('is one object after reading, too', () => {
    const map = readBack(new IndexIDMap(new IndexFlatIP(2))) as IndexIDMap;
    expect(map.index).toBeInstanceOf(IndexFlatIP);
    expect(map.index).toBe(map.index);
    map.addWithIdsSync(Float32Array.of(1, 2), [9]);
    expect(map.index.ntotal).toBe(1);
  });

  test('changes through the map only', async () => {
    const inner = new IndexFlatL2(2);
    const map = new IndexIDMap(inner);
    map.addWithIdsSync(Float32Array.of(1, 2), [5]);
    const changes: (() => unknown)[] = [
      () => inner.addSync(new Float32Array(2)),
      () => inner.removeIdsSync([0]),
      () => inner.resetSync(),
      () => inner.trainSync(new Float32Array(2)),
    ];
    for (const change of changes) expect(change, String(change)).toThrow(unsupported(/./));
    await expect(inner.add(new Float32Array(2))).rejects.toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED' });
    await expect(inner.removeIds([0])).rejects.toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED' });
    expect([map.ntotal, inner.ntotal]).toEqual([1, 1]);
    expect(map.reconstructSync(5)).toEqual(Float32Array.of(1, 2));
  });

  test('outlives the map, and the map outlives it', () => {
    const inner = new IndexFlatL2(2);
    const map = new IndexIDMap(inner);
    map.addWithIdsSync(Float32Array.of(1, 2), [5]);
    inner.close();
    expect([...map.searchSync(Float32Array.of(1, 2), 1).labels]).toEqual([5n]);
    expect(inspect(map)).toBe(
      "IndexIDMap {\n  d: 2,\n  ntotal: 1,\n  metric: 'l2',\n  index: IndexFlatL2 { d: 2, closed: true, metric: 'l2' }\n}",
    );
    const other = readBack(map) as IndexIDMap;
    const { index } = other;
    other.close();
    expect(index.ntotal).toBe(1);
  });
});

describe('what can be wrapped', () => {
  test.each(Object.entries(hostile))('%s: only an index', (title, make) => {
    if (title === 'index') return void expect(new IndexIDMap(make() as Index).ntotal).toBe(0);
    expect(() => new IndexIDMap(make() as Index)).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringMatching(/^The "index" argument must be an instance of Index\. Received /),
      }),
    );
  });

  test('an empty one, once, and no map', () => {
    const full = new IndexFlatL2(2);
    full.addSync(new Float32Array(4));
    expect(() => new IndexIDMap(full)).toThrow(unsupported(/empty/));
    expect(full.ntotal).toBe(2);
    full.addSync(new Float32Array(2)); // not wrapped by the attempt
    const inner = new IndexFlatL2(2);
    const map = new IndexIDMap(inner);
    expect(() => new IndexIDMap(inner)).toThrow(unsupported(/wrapped/));
    expect(() => new IndexIDMap2(map)).toThrow(unsupported(/./));
    map.addWithIdsSync(new Float32Array(2), [1]);
    expect(map.ntotal).toBe(1);
    const closed = new IndexFlatL2(2);
    closed.close();
    expect(() => new IndexIDMap(closed)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_CLOSED' }));
  });

  test('IDMap2 keeps its name', () => {
    class Mine extends IndexIDMap2 {}
    for (const make of [
      () => new IndexIDMap2(new IndexFlatL2(2)),
      () => indexFactory(2, 'IDMap2,Flat'),
      () => new Mine(new IndexFlatL2(2)),
    ]) {
      expect(make()).toBeInstanceOf(IndexIDMap2);
      expect(readBack(make()).constructor).toBe(IndexIDMap2);
    }
    expect(readBack(new IndexIDMap(new IndexFlatL2(2))).constructor).toBe(IndexIDMap);
  });
});

describe('ids', () => {
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];

  test('are int64 to the last bit', () => {
    const map = new IndexIDMap(new IndexFlatL2(1));
    const ids = [least, most, 0n, -2n, 2n ** 53n + 1n, -(2n ** 53n) - 1n];
    map.addWithIdsSync(Float32Array.of(1, 2, 3, 4, 5, 6), ids);
    for (const index of [map, readBack(map)]) {
      expect([...index.searchSync(Float32Array.of(0), 6).labels]).toEqual(ids);
      ids.forEach((id, i) => {
        expect(index.reconstructSync(id)).toEqual(Float32Array.of(i + 1));
      });
    }
  });

  test('may be numbers, bigints, or both', async () => {
    const map = new IndexIDMap(new IndexFlatL2(1));
    await map.add_with_ids(Float32Array.of(1, 2, 3), [-0, 2n, Number.MAX_SAFE_INTEGER]);
    expect([...map.searchSync(Float32Array.of(0), 3).labels]).toEqual([0n, 2n, 2n ** 53n - 1n]);
  });

  test('may come twice: all are found, the last is reconstructed, all are removed', () => {
    const map = new IndexIDMap(new IndexFlatL2(1));
    map.addWithIdsSync(Float32Array.of(1, 2, 3), [7, 8, 7]);
    map.addWithIdsSync(Float32Array.of(4), [8]);
    for (const index of [map, readBack(map)]) {
      expect([...index.searchSync(Float32Array.of(0), 5).labels]).toEqual([7n, 8n, 7n, 8n, -1n]);
      expect(index.reconstructSync(7)).toEqual(Float32Array.of(3));
      expect(index.reconstructSync(8)).toEqual(Float32Array.of(4));
      expect(index.removeIdsSync([7])).toBe(2);
      expect([...index.searchSync(Float32Array.of(0), 3).labels]).toEqual([8n, 8n, -1n]);
      expect(() => index.reconstructSync(7)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    }
  });
});

describe('closing a map closes the index in it', () => {
  const read = () => {
    const map = new IndexIDMap(new IndexFlatL2(1));
    map.addWithIdsSync(Float32Array.of(1), [7]);
    return deserializeIndexSync<IndexIDMap>(serializeIndexSync(map));
  };

  test('if nobody has it in hand', () => {
    const map = read();
    map.close();
    expect(() => map.index.ntotal).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_CLOSED' }));
  });

  test('but not one that was asked for', () => {
    const map = read();
    const { index } = map;
    map.close();
    expect(index.ntotal).toBe(1);
  });

  test('nor one that was given to it; showing it is no asking', () => {
    const flat = new IndexFlatL2(1);
    const map = new IndexIDMap(flat);
    map.close();
    expect(flat.ntotal).toBe(0);
    const shown = read();
    expect(inspect(shown) + JSON.stringify(shown)).toContain('IndexFlatL2');
    shown.close();
    expect(() => shown.index.ntotal).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_CLOSED' }));
  });
});
