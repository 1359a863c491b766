/** What becomes of indexes, selectors and results in JSON and in messages. */

import { serialize } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import * as faissNode from '../lib/faiss_node.js';
import {
  IDSelectorNot,
  IDSelectorRange,
  type Index,
  IndexFlatIP,
  IndexFlatL2,
  IndexIDMap,
  IndexIVFFlat,
  indexFactory,
  RangeSearchResult,
  SearchResult,
} from '../lib/index.js';

const found = new SearchResult(2, Float32Array.of(0.5, 2, 1, 9), BigInt64Array.of(7n, 2n ** 60n, 5n, -1n));
const inRange = new RangeSearchResult(
  Float64Array.of(0, 0, 2),
  Float32Array.of(0.5, 2),
  BigInt64Array.of(-7n, 2n ** 60n),
);

describe('a result', () => {
  test('as an array of objects', () => {
    expect(found.toArray()).toStrictEqual([
      [
        { id: 7n, distance: 0.5 },
        { id: 2n ** 60n, distance: 2 },
      ],
      [{ id: 5n, distance: 1 }],
    ]);
    expect(inRange.toArray()).toStrictEqual([
      [],
      [
        { id: -7n, distance: 0.5 },
        { id: 2n ** 60n, distance: 2 },
      ],
    ]);
  });

  test('in JSON, ids as strings', () => {
    const row = '[{"id":"7","distance":0.5},{"id":"1152921504606846976","distance":2}]';
    expect(JSON.stringify(found)).toBe(`[${row},[{"id":"5","distance":1}]]`);
    expect(JSON.stringify(inRange)).toBe(`[[],${row.replace('7', '-7')}]`);
    expect(JSON.stringify({ nearest: found.row(0) })).toBe(`{"nearest":${row}}`);
    expect(JSON.stringify(inRange.row(1))).toBe(row.replace('7', '-7'));
    expect(JSON.stringify([...found])).toBe(JSON.stringify(found));
    expect(JSON.stringify(new SearchResult(1, Float32Array.of(Number.NaN), BigInt64Array.of(1n)))).toBe(
      '[[{"id":"1","distance":null}]]',
    );
  });

  test('in a message, as a plain object with the same arrays', () => {
    const { nq, k, labels, distances } = found;
    expect(structuredClone(found)).toStrictEqual({ nq, k, distances, labels });
    expect(structuredClone(found.row(0))).toStrictEqual({ ...found.row(0) });
    expect(structuredClone(inRange)).toStrictEqual({ ...inRange });
    const again = structuredClone(found);
    expect(new SearchResult(again.k, again.distances, again.labels)).toStrictEqual(found);
  });
});

describe('an index in JSON', () => {
  test.each<[string, Index, object]>([
    ['flat', new IndexFlatIP(3), { kind: 'IndexFlatIP', d: 3, ntotal: 0, metric: 'ip' }],
    [
      'inverted file',
      new IndexIVFFlat(2, 4, { nprobe: 2 }),
      { kind: 'IndexIVFFlat', d: 2, ntotal: 0, metric: 'l2', nlist: 4, nprobe: 2, isTrained: false },
    ],
    [
      'wrapped',
      indexFactory(2, 'IDMap,Flat'),
      {
        kind: 'IndexIDMap',
        d: 2,
        ntotal: 0,
        metric: 'l2',
        index: { kind: 'IndexFlatL2', d: 2, ntotal: 0, metric: 'l2' },
      },
    ],
  ])('says what it is: %s', (_, index, expected) => {
    expect(JSON.parse(JSON.stringify({ index }))).toEqual({ index: expected });
  });

  test('closed', () => {
    const index = new IndexFlatL2(2);
    index.close();
    expect(JSON.parse(JSON.stringify(index))).toEqual({ kind: 'IndexFlatL2', d: 2, closed: true, metric: 'l2' });
  });
});

describe('cannot be cloned, and is otherwise as any object:', () => {
  class Mine extends IndexFlatL2 {
    name = 'mine';
  }
  test.each<[string, object]>([
    ['a flat index', new IndexFlatL2(2)],
    ['a wrapper', new IndexIDMap(new IndexFlatL2(2))],
    ['what the factory makes', indexFactory(2, 'L2norm,Flat')],
    ['an index of a subclass', new Mine(2)],
    ['a selector', new IDSelectorNot(new IDSelectorRange(0, 1))],
    ["an index of faiss-node's", new faissNode.IndexFlatIP(2)],
  ])('%s', (_, object) => {
    const { port1 } = new MessageChannel();
    const error = expect.objectContaining({ name: 'DataCloneError', code: 25 });
    expect(() => structuredClone(object)).toThrow(error);
    expect(() => structuredClone({ inside: [object] })).toThrow(error);
    expect(() => port1.postMessage(object)).toThrow(error);
    expect(() => serialize(object)).toThrow(/could not be cloned/);
    port1.close();
    expect(Object.prototype.toString.call(object)).toBe('[object Object]');
    expect(Object.getPrototypeOf(object)).toBe(object.constructor.prototype);
    expect(Object.keys(object)).toEqual(object instanceof Mine ? ['name'] : []);
    expect(object).toEqual(object);
  });
});
