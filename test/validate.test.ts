/** Messages word by word: they are what a user has to go by. */

import { describe, expect, test } from 'vitest';
import { IDSelectorBatch, IndexFlatL2, IndexIDMap, matrix, normalizeL2 } from '../lib/index.js';

const index = new IndexFlatL2(2);
const map = new IndexIDMap(new IndexFlatL2(2));
const wrong = (value: unknown) => value as never;

describe('vectors', () => {
  const cases: [unknown, string][] = [
    [[1, 2], 'number[]; use Float32Array.from(vectors)'],
    [[], 'any[]; use Float32Array.from(vectors)'],
    [['1'], 'string[]; use Float32Array.from(vectors)'],
    [
      [
        [1, 2],
        [3, 4],
      ],
      'number[][]; use matrix(vectors)',
    ],
    [[Float32Array.of(1)], 'Float32Array[]; use matrix(vectors)'],
    [Float64Array.of(1, 2), 'an instance of Float64Array; use Float32Array.from(vectors)'],
    [Int32Array.of(1, 2), 'an instance of Int32Array; use Float32Array.from(vectors)'],
    [BigInt64Array.of(1n), 'an instance of BigInt64Array; use Float32Array.from(vectors, Number)'],
    [
      Buffer.alloc(8),
      'an instance of Buffer; use Float32Array.from(vectors) if each byte is a component, ' +
        'new Float32Array(Uint8Array.from(vectors).buffer) if they are float32',
    ],
    [new ArrayBuffer(8), 'an instance of ArrayBuffer; use new Float32Array(vectors)'],
    [undefined, 'undefined'],
    [null, 'null'],
    [7, 'type number (7)'],
    [7n, 'type bigint (7n)'],
    ['x'.repeat(50), "type string ('xxxxxxxxxxxxxxxxxxxxxxxx...)"],
    [Symbol('s'), 'type symbol (Symbol(s))'],
    [() => 1, 'a function'],
    [{}, 'an instance of Object'],
    [Object.create(null), 'an object'],
    [new Map(), 'an instance of Map'],
    [new Proxy([], {}), 'a Proxy'],
  ];
  test.each(cases)('%o', (value, received) => {
    const message = `The "vectors" argument must be a Float32Array. Received ${received}`;
    expect(() => index.addSync(wrong(value))).toThrow(expect.objectContaining({ message }));
  });

  test('the remedies work', () => {
    const bytes = Buffer.from(Float32Array.of(1, 2).buffer).subarray(0);
    const vectors = wrong(bytes) as Buffer;
    expect(new Float32Array(Uint8Array.from(vectors).buffer)).toEqual(Float32Array.of(1, 2));
    expect(Float32Array.from(wrong(BigInt64Array.of(3n)), Number)).toEqual(Float32Array.of(3));
  });

  test('of another realm are taken', async () => {
    const { runInNewContext } = await import('node:vm');
    const other = new IndexFlatL2(2);
    other.addSync(runInNewContext('Float32Array.of(1, 2)'));
    expect(other.reconstructSync(0)).toEqual(Float32Array.of(1, 2));
    const ids = new IndexIDMap(new IndexFlatL2(2));
    ids.addWithIdsSync(runInNewContext('Float32Array.of(1, 2, 3, 4)'), runInNewContext('[1n, 2]'));
    expect([...ids.searchSync(Float32Array.of(0, 0), 2, runInNewContext('({})')).labels]).toEqual([1n, 2n]);
  });

  test('of the wrong length', () => {
    expect(() => index.addSync(new Float32Array(5))).toThrow(
      'The length of "vectors" must be a multiple of d = 2. Received length 5, remainder 1',
    );
  });
});

describe('numbers', () => {
  const cases: [unknown, string][] = [
    [0, 'The value of "k" is out of range. It must be an integer >= 1. Received 0'],
    [-0, 'The value of "k" is out of range. It must be an integer >= 1. Received -0'],
    [1.5, 'The value of "k" is out of range. It must be an integer >= 1. Received 1.5'],
    [NaN, 'The value of "k" is out of range. It must be an integer >= 1. Received NaN'],
    [2 ** 31, 'The value of "k" is out of range. It must be an integer >= 1 && <= 2147483647. Received 2147483648'],
    ['1', 'The "k" argument must be of type number. Received type string (\'1\')'],
    [1n, 'The "k" argument must be of type number. Received type bigint (1n)'],
  ];
  test.each(cases)('%o', (value, message) => {
    expect(() => index.searchSync(new Float32Array(2), wrong(value))).toThrow(expect.objectContaining({ message }));
  });
});

describe('ids', () => {
  const cases: [unknown, string][] = [
    ['1', "Received type string ('1')"],
    [5, 'Received type number (5); use [ids]'],
    [5n, 'Received type bigint (5n); use [ids]'],
    [new Set([1n]), 'Received an instance of Set; use [...ids]'],
    [BigUint64Array.of(1n), 'Received an instance of BigUint64Array; use BigInt64Array.from(ids)'],
    [Int32Array.of(1), 'Received an instance of Int32Array; use Array.from(ids)'],
  ];
  test.each(cases)('%o', (value, received) => {
    const message = `The "ids" argument must be a BigInt64Array or an array of bigint or safe-integer number. ${received}`;
    expect(() => map.addWithIdsSync(new Float32Array(2), wrong(value))).toThrow(expect.objectContaining({ message }));
    expect(() => new IDSelectorBatch(wrong(value))).toThrow(expect.objectContaining({ message }));
  });
});

test('errors look as those of Node', () => {
  let error: (Error & { code?: string }) | undefined;
  try {
    index.addSync(wrong([1]));
  } catch (caught) {
    error = caught as Error;
  }
  expect(error).toBeInstanceOf(TypeError);
  expect(error?.code).toBe('ERR_INVALID_ARG_TYPE');
  expect(error?.name).toBe('TypeError');
  expect(error?.stack).toMatch(/^TypeError \[ERR_INVALID_ARG_TYPE\]: The "vectors" argument must be/);
  expect(Object.keys(error as object)).toEqual(['code']);
});

describe('matrix', () => {
  test('puts rows one after the other', () => {
    expect(
      matrix([
        [1, 2],
        [3, 4],
      ]),
    ).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(matrix([Float32Array.of(1, 2), [0.1, -0]])).toEqual(Float32Array.of(1, 2, 0.1, -0));
    expect(matrix([])).toEqual(new Float32Array(0));
    expect(matrix([[], []])).toEqual(new Float32Array(0));
  });

  test('refuses more than memory holds', () => {
    const error = { name: 'RangeError', code: 'ERR_VORONODE_NO_MEMORY' };
    const message = 'Could not allocate 17592186040320 bytes for vectors';
    expect(() => matrix(new Array(1024).fill(new Array(2 ** 32 - 1)))).toThrow(
      expect.objectContaining({ ...error, message }),
    );
  });

  const cases: [unknown, string, string][] = [
    [
      [[1, 2], [3]],
      'ERR_VORONODE_DIMENSION',
      'All rows must have the same length. Received 2 components in row 0, 1 in row 1',
    ],
    [
      [[1, '2']],
      'ERR_INVALID_ARG_TYPE',
      'The "rows[0][1]" argument must be of type number. Received type string (\'2\')',
    ],
    [
      [[1], new Array(1)],
      'ERR_INVALID_ARG_TYPE',
      'The "rows[1][0]" argument must be of type number. Received undefined',
    ],
    [
      [1, 2],
      'ERR_INVALID_ARG_TYPE',
      'The "rows[0]" argument must be an array of number or a Float32Array. Received type number (1)',
    ],
    [
      [[1], 2],
      'ERR_INVALID_ARG_TYPE',
      'The "rows[1]" argument must be an array of number or a Float32Array. Received type number (2)',
    ],
    [
      [Float64Array.of(1)],
      'ERR_INVALID_ARG_TYPE',
      'The "rows[0]" argument must be an array of number or a Float32Array. Received an instance of Float64Array; ' +
        'use matrix(rows.map((row) => Float32Array.from(row)))',
    ],
    [
      [[1], new BigInt64Array(1)],
      'ERR_INVALID_ARG_TYPE',
      'The "rows[1]" argument must be an array of number or a Float32Array. Received an instance of BigInt64Array; ' +
        'use matrix(rows.map((row) => Float32Array.from(row, Number)))',
    ],
    [
      Float32Array.of(1),
      'ERR_INVALID_ARG_TYPE',
      'The "rows" argument must be an array of number[] or Float32Array. Received an instance of Float32Array',
    ],
    [
      undefined,
      'ERR_INVALID_ARG_TYPE',
      'The "rows" argument must be an array of number[] or Float32Array. Received undefined',
    ],
    [
      new Array(2),
      'ERR_INVALID_ARG_TYPE',
      'The "rows[0]" argument must be an array of number or a Float32Array. Received undefined',
    ],
  ];
  test.each(cases)('%o', (rows, code, message) => {
    expect(() => matrix(wrong(rows))).toThrow(expect.objectContaining({ code, message }));
  });
});

describe('normalizeL2', () => {
  test('scales rows in place', () => {
    const vectors = Float32Array.of(3, 4, 0, 0, -5, 12, 1e-40, 0, 3e38, 3e38);
    expect(normalizeL2(vectors, 2)).toBeUndefined();
    const half = Math.fround(Math.SQRT1_2);
    const [a, b] = [Math.fround(-5 / 13), Math.fround(12 / 13)];
    expect([...vectors]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0, a, b, 1, 0, half, half]);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([3, 4]);
    normalizeL2(shared, 2);
    expect([...shared]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  });

  test('refuses what it cannot scale, and changes nothing', () => {
    const vectors = Float32Array.of(3, 4, 1, NaN);
    expect(() => normalizeL2(vectors, 2)).toThrow('"vectors" must be finite. Received NaN at row 1, component 1');
    expect(vectors).toEqual(Float32Array.of(3, 4, 1, NaN));
    expect(() => normalizeL2(vectors, 3)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_DIMENSION' }));
    for (const d of [0, -1, 1.5, NaN, 2 ** 21]) expect(() => normalizeL2(vectors, d)).toThrow(RangeError);
    expect(() => normalizeL2(vectors, wrong('2'))).toThrow(TypeError);
    expect(() => normalizeL2(wrong([3, 4]), 2)).toThrow('use Float32Array.from(vectors)');
  });
});
