import { describe, expect, test } from 'vitest';
import { RangeSearchResult, SearchResult } from '../lib/index.js';
import { hostile } from './hostile.js';

const found = () =>
  new SearchResult(
    3,
    Float32Array.of(1, 2, 3, 4, 9, 9, 9, 9, 9),
    BigInt64Array.of(5n, 6n, 7n, 8n, -1n, -1n, -1n, -1n, -1n),
  );

const inRange = () =>
  new RangeSearchResult(Float64Array.of(0, 2, 2, 3), Float32Array.of(1, 2, 3), BigInt64Array.of(7n, -1n, 8n));

describe('SearchResult', () => {
  test('rows have their padding cut off', () => {
    const result = found();
    expect([result.nq, result.k]).toEqual([3, 3]);
    expect(result.row(0)).toEqual({ labels: BigInt64Array.of(5n, 6n, 7n), distances: Float32Array.of(1, 2, 3) });
    expect(result.row(1)).toEqual({ labels: BigInt64Array.of(8n), distances: Float32Array.of(4) });
    expect(result.row(2)).toEqual({ labels: new BigInt64Array(0), distances: new Float32Array(0) });
  });

  test('rows are views', () => {
    const result = found();
    expect(result.row(1).labels.buffer).toBe(result.labels.buffer);
    expect(result.row(1).distances.buffer).toBe(result.distances.buffer);
  });

  test('iterates over its rows, more than once', () => {
    const result = found();
    expect([...result]).toEqual([0, 1, 2].map((i) => result.row(i)));
    expect([...result]).toHaveLength(3);
    const [{ labels }] = result as Iterable<{ labels: BigInt64Array }> as [{ labels: BigInt64Array }];
    expect(labels).toEqual(BigInt64Array.of(5n, 6n, 7n));
  });
});

describe('RangeSearchResult', () => {
  test('rows follow the limits', () => {
    const result = inRange();
    expect(result.nq).toBe(3);
    expect(result.row(0)).toEqual({ labels: BigInt64Array.of(7n, -1n), distances: Float32Array.of(1, 2) });
    expect(result.row(1).labels).toHaveLength(0);
    expect(result.row(2)).toEqual({ labels: BigInt64Array.of(8n), distances: Float32Array.of(3) });
    expect([...result]).toEqual([0, 1, 2].map((i) => result.row(i)));
  });
});

test.each(Object.entries(hostile))('row(%s) is refused unless it is a row', (_, make) => {
  const value = make();
  for (const result of [found(), inRange()]) {
    if (value === 0 || value === 1) {
      expect(result.row(value).labels.length).toBeLessThanOrEqual(3);
      continue;
    }
    const expected =
      typeof value === 'number'
        ? {
            name: 'RangeError',
            code: 'ERR_OUT_OF_RANGE',
            message: expect.stringMatching(/an integer >= 0( && <= 2)?\./),
          }
        : {
            name: 'TypeError',
            code: 'ERR_INVALID_ARG_TYPE',
            message: expect.stringContaining('The "i" argument must be of type number'),
          };
    expect(() => result.row(value as number)).toThrow(expect.objectContaining(expected));
  }
});
