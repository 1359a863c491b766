/** How keys are unpacked, and what is said of bytes that are no packed keys. */

import { expect, test } from 'vitest';
import { packKeys } from '../../lib/keys/pack.js';
import { countOf, keysBetween, unpackKeys } from '../../lib/keys/unpack.js';
import { Random } from '../random.js';
import { ODD, plainPacked, randomKeys } from './keys.js';

const PADDING = Uint8Array.of(0x81, 0x80, 0x04);

test('65 537 is three bytes', () => {
  expect(1 + (0 << 7) + (4 << 14)).toBe(65_537);
});

test.each([[[]], [['']], [ODD], [randomKeys(new Random(1), 3000)]])(
  'what was packed comes back, %#',
  (keys: string[]) => {
    const packed = packKeys('keys', keys);
    expect(unpackKeys(packed)).toEqual(keys);
    expect(countOf(packed)).toBe(keys.length);
    expect(keysBetween(packed, keys.length, 0, keys.length)).toEqual(keys);
    for (const i of [0, 1, keys.length - 1].filter((i) => i >= 0 && i < keys.length))
      expect(keysBetween(packed, keys.length, i, i + 1)).toEqual(keys.slice(i, i + 1));
  },
);

test('a row ends where padding begins', () => {
  const packed = Buffer.concat([
    plainPacked(['a', 'b']),
    PADDING,
    PADDING,
    PADDING,
    PADDING,
    plainPacked(['c']),
    PADDING,
  ]);
  const row = (i: number) => keysBetween(packed, 8, 3 * i, Math.min(3 * i + 3, 8));
  expect([row(0), row(1), row(2)]).toEqual([['a', 'b'], [], ['c']]);
  expect(countOf(packed)).toBe(8);
});

test('a view of a larger buffer', () => {
  const packed = plainPacked(['one', 'two']);
  const around = new Uint8Array(packed.length + 10).fill(1);
  around.set(packed, 5);
  const view = around.subarray(5, 5 + packed.length);
  expect(unpackKeys(view)).toEqual(['one', 'two']);
  expect(keysBetween(view, 2, 1, 2)).toEqual(['two']);
});

test.each<[string, Uint8Array, number]>([
  ['too few', plainPacked(['a']), 2],
  ['too many', plainPacked(['a', 'b', 'c']), 2],
  ['a key cut off', plainPacked(['a', 'bcd']).subarray(0, -1), 2],
  ['a length cut off', Uint8Array.of(1, 97, 0x80), 2],
  ['a length without an end', Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0, 0), 2],
  ['nothing', new Uint8Array(0), 2],
])('malformed: %s', (_, packed, n) => {
  expect(() => keysBetween(packed, n, 0, n)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
});

test('bytes that change after they were looked at give other keys, or an error', () => {
  const packed = plainPacked(['abc', 'def']);
  expect(keysBetween(packed, 2, 0, 2)).toEqual(['abc', 'def']);
  packed.fill(0xff);
  expect(() => keysBetween(packed, 2, 0, 2)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
});
