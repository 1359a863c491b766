/** How keys are packed: every length and every character, against the rule written out plainly. */

import { expect, test } from 'vitest';
import { packKey, packKeys } from '../../lib/keys/pack.js';
import { Random } from '../random.js';
import { plainPacked, randomKeys } from './keys.js';

test.each<[string, string[]]>([
  ['nothing', []],
  ['an empty key', ['']],
  ['127 and 128 bytes', ['x'.repeat(127), 'x'.repeat(128)]],
  ['a length that looks like a key', ['\u0001', '\u0001\u0001', '\0', '\0\0', '\u007f', '\u0080']],
  ['the longest', ['x'.repeat(65_536), 'é'.repeat(32_768), '€'.repeat(21_845), '💠'.repeat(16_384)]],
  ['16 383 and 16 384 bytes', ['x'.repeat(16_383), 'x'.repeat(16_384)]],
  ['other alphabets', ['é', 'e\u0301', 'ключ', '鍵', '🔑', '\ufeffkey', '\uffff', '\ufffd']],
  ['names of properties', ['__proto__', 'constructor', 'toString', 'length', '0', '-1']],
  ['a long one among thousands', Array.from({ length: 5000 }, (_, i) => (i === 2500 ? 'y'.repeat(300) : `key ${i}`))],
  ['others among thousands', Array.from({ length: 5000 }, (_, i) => (i % 1700 === 0 ? `ключ ${i}` : `key ${i}`))],
])('%s', (_, keys) => {
  const expected = plainPacked(keys);
  expect(Buffer.compare(packKeys('keys', keys), expected)).toBe(0);
  expect(Buffer.compare(packKeys('keys', new Set(keys)), expected)).toBe(0);
  for (const key of keys.slice(0, 100)) expect(Buffer.compare(packKey('key', key), plainPacked([key]))).toBe(0);
});

test('drawn keys', () => {
  const random = new Random(4);
  for (let i = 0; i < 200; i++) {
    const keys = randomKeys(random, random.integer(0, 40));
    expect(Buffer.compare(packKeys('keys', keys), plainPacked(keys))).toBe(0);
  }
});

test('a string made of others is packed as it reads', () => {
  const long = 'abcdefghijklmnopqrstuvwxyz'.repeat(3);
  const keys = [long.slice(3, 30), `${long}${long}`.slice(50), long + 1, long.concat('é')];
  expect(Buffer.compare(packKeys('keys', keys), plainPacked(keys))).toBe(0);
});

test('little more room than it takes is kept, whatever the sizes of keys', () => {
  const random = new Random(6);
  const long = Array.from({ length: 3000 }, () => 'x'.repeat(random.integer(0, 2000)));
  const growing = Array.from({ length: 5000 }, (_, i) => 'x'.repeat(i));
  for (const keys of [long, growing, growing.toReversed(), Array.from({ length: 100_000 }, (_, i) => `key ${i}`)]) {
    const packed = packKeys('keys', keys);
    expect(Object.getPrototypeOf(packed)).toBe(Uint8Array.prototype);
    expect(packed.buffer.byteLength).toBeLessThan(2.1 * packed.length + 40_000);
    expect(Buffer.compare(packed, plainPacked(keys))).toBe(0);
  }
});

const code = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    return `${name} ${code} ${message}`;
  }
  return 'nothing';
};

test.each<[unknown, string]>([
  [
    undefined,
    'TypeError ERR_INVALID_ARG_TYPE The "keys" argument must be an array or a Set of strings. Received undefined',
  ],
  [
    'abc',
    `TypeError ERR_INVALID_ARG_TYPE The "keys" argument must be an array or a Set of strings. Received type string ('abc'); use [keys]`,
  ],
  [
    new Map(),
    'TypeError ERR_INVALID_ARG_TYPE The "keys" argument must be an array or a Set of strings. Received an instance of Map; use [...keys.keys()]',
  ],
  [['a', 1], 'TypeError ERR_INVALID_ARG_TYPE The "keys[1]" argument must be of type string. Received type number (1)'],
  [
    new Set(['a', 1n]),
    'TypeError ERR_INVALID_ARG_TYPE The "keys[1]" argument must be of type string. Received type bigint',
  ],
  [
    new Array(2 ** 32 - 1),
    'TypeError ERR_INVALID_ARG_TYPE The "keys[0]" argument must be of type string. Received undefined',
  ],
  [
    [Object('a')],
    'TypeError ERR_INVALID_ARG_TYPE The "keys[0]" argument must be of type string. Received an instance of String',
  ],
  [
    ['a', 'x'.repeat(65_537)],
    'RangeError ERR_OUT_OF_RANGE The value of "keys[1]" is out of range. It must be of up to 65536 bytes of UTF-8. Received',
  ],
  [
    ['é'.repeat(32_769)],
    'RangeError ERR_OUT_OF_RANGE The value of "keys[0]" is out of range. It must be of up to 65536 bytes of UTF-8. Received',
  ],
  [
    ['a', '\ud800'],
    `TypeError ERR_INVALID_ARG_VALUE The argument 'keys[1]' must be without lone surrogates, which UTF-8 cannot hold. Received "\\ud800"`,
  ],
  [['x\udc00y'], `TypeError ERR_INVALID_ARG_VALUE The argument 'keys[0]' must be without lone surrogates`],
  [
    ['\udc00\ud800'.padStart(200)],
    `TypeError ERR_INVALID_ARG_VALUE The argument 'keys[0]' must be without lone surrogates`,
  ],
])('refuses %#', (keys, message) => {
  expect(code(() => packKeys('keys', keys))).toContain(message);
});

test('another number of keys than of vectors', () => {
  const rule =
    'ERR_OUT_OF_RANGE The value of "keys.length" is out of range. It must be 3, one key per vector. Received 2';
  expect(code(() => packKeys('keys', ['a', 'b'], 3))).toContain(rule);
  expect(code(() => packKeys('keys', new Set(['a', 'b']), 3))).toContain(rule);
});

test('an array that changes while it is read gives each element once, or an error', () => {
  const keys = ['a', 'b', 'c'];
  Object.defineProperty(keys, 1, {
    get() {
      keys.length = 2;
      return 'b';
    },
  });
  expect(code(() => packKeys('keys', keys, 3))).toContain(
    '"keys[2]" argument must be of type string. Received undefined',
  );
  let reads = 0;
  const counting = Object.defineProperty(['a'], 0, { get: () => 'é'.repeat(++reads) });
  expect(Buffer.compare(packKeys('keys', counting, 1), plainPacked(['é']))).toBe(0);
  expect(reads).toBe(1);
});

test('a proxy and what lies about its length are refused', () => {
  expect(code(() => packKeys('keys', new Proxy(['a'], {})))).toContain('ERR_INVALID_ARG_TYPE');
  expect(code(() => packKeys('keys', { length: 1, 0: 'a' }))).toContain('ERR_INVALID_ARG_TYPE');
  const set = Object.defineProperty(new Set(['a']), 'size', { value: 7 });
  expect(Buffer.compare(packKeys('keys', set, 1), plainPacked(['a']))).toBe(0);
});
