/** The results of an IndexKeyMap, made by hand. */

import { describe, expect, test } from 'vitest';
import { KeyRangeSearchResult, KeySearchResult } from '../../lib/index.js';
import { plainPacked } from './keys.js';

const PADDING = Uint8Array.of(0x81, 0x80, 0x04);
const padded = () =>
  new KeySearchResult(
    3,
    Float32Array.of(1, 2, 3, 4, 9, 9),
    Buffer.concat([plainPacked(['a', 'é', '']), plainPacked(['b']), PADDING, PADDING]),
  );
const ranges = () =>
  new KeyRangeSearchResult(Float64Array.of(0, 2, 2, 3), Float32Array.of(1, 2, 3), plainPacked(['a', 'b', '🔑']));

describe('a KeySearchResult', () => {
  test('gives rows without padding', () => {
    const result = padded();
    expect([result.nq, result.k]).toEqual([2, 3]);
    expect(result.keys(0)).toEqual(['a', 'é', '']);
    expect(result.keys(1)).toEqual(['b']);
    expect(result.row(1)).toEqual({ keys: ['b'], distances: Float32Array.of(4) });
    expect([...result]).toEqual([result.row(0), result.row(1)]);
    expect(result.toArray()[1]).toEqual([{ key: 'b', distance: 4 }]);
    expect(JSON.stringify(result)).toBe(JSON.stringify(result.toArray()));
    expect(JSON.stringify(result.row(1))).toBe('[{"key":"b","distance":4}]');
  });

  test('reads the rows of distances as views', () => {
    const result = padded();
    expect(result.row(1).distances.buffer).toBe(result.distances.buffer);
  });

  test.each([-1, 2, 0.5, '0', undefined])('has no row %o', (i) => {
    for (const read of ['keys', 'row'] as const) expect(() => padded()[read](i as number)).toThrow(/"i"/);
  });

  test('goes to another thread as what it is made of', () => {
    const { k, distances, packed } = structuredClone(padded());
    expect(new KeySearchResult(k, distances, packed).toArray()).toEqual(padded().toArray());
  });

  test('differs from one with other keys', () => {
    const other = new KeySearchResult(1, Float32Array.of(1), plainPacked(['a']));
    expect(other).not.toEqual(new KeySearchResult(1, Float32Array.of(1), plainPacked(['b'])));
    expect(other).toEqual(new KeySearchResult(1, Float32Array.of(1), plainPacked(['a'])));
  });

  test('answers through a Proxy', () => {
    expect(new Proxy(padded(), {}).keys(0)).toEqual(['a', 'é', '']);
  });
});

describe('a KeyRangeSearchResult', () => {
  test('gives rows', () => {
    const result = ranges();
    expect(result.nq).toBe(3);
    expect([0, 1, 2].map((i) => result.keys(i))).toEqual([['a', 'b'], [], ['🔑']]);
    expect(result.row(2)).toEqual({ keys: ['🔑'], distances: Float32Array.of(3) });
    expect([...result].length).toBe(3);
    expect(result.toArray()).toEqual([
      [
        { key: 'a', distance: 1 },
        { key: 'b', distance: 2 },
      ],
      [],
      [{ key: '🔑', distance: 3 }],
    ]);
    expect(JSON.stringify(result)).toBe(JSON.stringify(result.toArray()));
  });

  test('of no query', () => {
    const empty = new KeyRangeSearchResult(Float64Array.of(0), new Float32Array(0), new Uint8Array(0));
    expect([empty.nq, empty.toArray()]).toEqual([0, []]);
  });
});

test.each<[string, () => unknown, string]>([
  ['k = 0', () => new KeySearchResult(0, new Float32Array(0), new Uint8Array(0)), 'ERR_OUT_OF_RANGE'],
  ['k does not fit', () => new KeySearchResult(2, new Float32Array(3), new Uint8Array(3)), 'ERR_OUT_OF_RANGE'],
  ['no bytes', () => new KeySearchResult(1, new Float32Array(1), ['a'] as never), 'ERR_INVALID_ARG_TYPE'],
  ['other bytes', () => new KeySearchResult(1, new Float32Array(1), Uint8Array.of(9)).keys(0), 'ERR_INVALID_ARG_VALUE'],
  [
    'lims that end elsewhere',
    () => new KeyRangeSearchResult(Float64Array.of(0, 2), new Float32Array(1), new Uint8Array(1)),
    'ERR_OUT_OF_RANGE',
  ],
])('made of wrong arguments: %s', (_, body, code) => {
  expect(body).toThrow(expect.objectContaining({ code }));
});
