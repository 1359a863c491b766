import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { getThreads, Index, IndexFlat, IndexFlatIP, IndexFlatL2, setThreads } from '../lib/index.js';
import { testIndex } from './contract.js';
import { hostile } from './hostile.js';
import { Random } from './random.js';
import { expectSameBits } from './subject.js';

testIndex('IndexFlatL2', (d) => new IndexFlatL2(d), { metric: 'l2' });
testIndex('IndexFlatIP', (d) => new IndexFlatIP(d), { metric: 'ip' });
testIndex('IndexFlat by l1', (d) => new IndexFlat(d, { metric: 'l1' }), { metric: 'l1' });
testIndex('IndexFlat by linf', (d) => new IndexFlat(d, { metric: 'linf' }), { metric: 'linf' });
testIndex('IndexFlatL2 without sketches', (d) => new IndexFlatL2(d, { sketch: false }), { metric: 'l2' });
testIndex('IndexFlatIP without sketches', (d) => new IndexFlatIP(d, { sketch: false }), { metric: 'ip' });

describe('sketches', () => {
  test('are a matter of speed alone: the same bits with and without', () => {
    const random = new Random(77);
    for (const metric of ['l2', 'ip'] as const) {
      for (const d of [16, 33, 96]) {
        const vectors = Float32Array.from({ length: 6000 * d }, () => random.integer(-1000, 1000) / 7);
        const queries = Float32Array.from({ length: 40 * d }, () => random.integer(-1000, 1000) / 7);
        const indexes = [true, false].map((sketch) => new IndexFlat(d, { metric, sketch }));
        for (const index of indexes) index.addSync(vectors);
        const [withSketches, without] = indexes.map((index) => index.searchSync(queries, 10));
        expectSameBits(withSketches!, without!);
      }
    }
  });

  test('are asked for by a boolean', () => {
    expect(new IndexFlat(16, { sketch: undefined }).ntotal).toBe(0);
    for (const sketch of [null, 0, 1, 'true', {}, []]) {
      expect(() => new IndexFlatL2(16, { sketch: sketch as unknown as boolean })).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
      );
    }
  });
});

describe('making a flat index', () => {
  test('each class has its metric', () => {
    expect(new IndexFlat(3).metric).toBe('l2');
    expect(new IndexFlat(3, { metric: 'ip' }).metric).toBe('ip');
    expect(new IndexFlatL2(3).metric).toBe('l2');
    expect(new IndexFlatL2(3, { metric: 'l2' }).metric).toBe('l2');
    expect(new IndexFlatIP(3).metric).toBe('ip');
    expect(new IndexFlatIP(3)).toBeInstanceOf(IndexFlat);
    expect(new IndexFlatL2(3)).toBeInstanceOf(Index);
  });

  test('a contradiction is refused', () => {
    const error = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
    const l2 = { ...error, message: "The property 'options.metric' must be 'l2' here. Received 'ip'" };
    expect(() => new IndexFlatL2(3, { metric: 'ip' as 'l2' })).toThrow(expect.objectContaining(l2));
    expect(() => new IndexFlatIP(3, { metric: 'l2' as 'ip' })).toThrow(expect.objectContaining(error));
  });

  test.each(Object.entries(hostile))('d = %s is refused', (title, make) => {
    for (const Class of [IndexFlat, IndexFlatL2, IndexFlatIP]) {
      if (title === '1') {
        expect(new Class(1).d).toBe(1);
        continue;
      }
      const expected =
        typeof make() === 'number'
          ? {
              name: 'RangeError',
              code: 'ERR_OUT_OF_RANGE',
              message: expect.stringMatching(/an integer >= 1( && <= 1048576)?\./),
            }
          : {
              name: 'TypeError',
              code: 'ERR_INVALID_ARG_TYPE',
              message: expect.stringMatching(/^The "d" argument must be/),
            };
      expect(() => new Class(make() as number)).toThrow(expect.objectContaining(expected));
    }
  });

  test('d has its bounds', () => {
    expect(new IndexFlatL2(2 ** 20).d).toBe(2 ** 20);
    expect(() => new IndexFlatL2(2 ** 20 + 1)).toThrow('It must be an integer >= 1 && <= 1048576. Received 1048577');
    expect(() => new IndexFlatL2(0)).toThrow('The value of "d" is out of range. It must be an integer >= 1');
  });

  test('a wrong metric is refused', () => {
    const value = {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringMatching(/one of: 'l2', 'ip'/),
    };
    for (const metric of ['', 'L2', 'cosine']) {
      expect(() => new IndexFlat(3, { metric: metric as 'l2' })).toThrow(expect.objectContaining(value));
    }
    for (const metric of [1, {}, Symbol('l2'), ['l2']]) {
      expect(() => new IndexFlat(3, { metric: metric as unknown as 'l2' })).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
      );
    }
    for (const options of [null, 1, 'l2', []]) {
      expect(() => new IndexFlat(3, options as object)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
      );
    }
  });

  test('the base class cannot be made', () => {
    const Base = Index as unknown as new (...args: unknown[]) => Index;
    for (const args of [[], [Symbol('construct'), {}], [3]]) {
      expect(() => new Base(...args)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' }));
      expect(() => Reflect.construct(Base, args, IndexFlatL2)).toThrow(/no public constructor/);
    }
  });
});

test('an index shows itself', () => {
  const index = new IndexFlatL2(3);
  index.addSync(new Float32Array(6));
  expect(inspect(index)).toBe("IndexFlatL2 { d: 3, ntotal: 2, metric: 'l2' }");
  index.close();
  expect(inspect(index)).toBe("IndexFlatL2 { d: 3, closed: true, metric: 'l2' }");
  expect(inspect({ a: { b: { index } } })).toBe('{ a: { b: { index: [IndexFlatL2] } } }');
  expect(inspect(Object.create(IndexFlatL2.prototype))).toBe('[IndexFlatL2]');
});

describe('large numbers', () => {
  const huge = 3e38;

  test('distances beyond float32 are Infinity, and the vectors are found', () => {
    const index = new IndexFlatL2(2);
    index.addSync(Float32Array.of(huge, huge, -huge, huge, 1, 1));
    const found = index.searchSync(Float32Array.of(huge, huge, 0, 0), 4);
    expect([...found.labels]).toEqual([0n, 1n, 2n, -1n, 2n, 0n, 1n, -1n]);
    expect([...found.distances]).toEqual([
      0,
      Infinity,
      Infinity,
      3.4028234663852886e38,
      2,
      Infinity,
      Infinity,
      3.4028234663852886e38,
    ]);
  });

  test('products that cancel out at infinity end the list, in the order of ids', () => {
    const index = new IndexFlatIP(2);
    index.addSync(Float32Array.of(huge, -huge, 0.25, 0.25, huge, huge, huge, -huge));
    const found = index.searchSync(Float32Array.of(huge, huge), 5);
    expect([...found.labels]).toEqual([2n, 1n, 0n, 3n, -1n]);
    expect([...found.distances]).toEqual([Infinity, Math.fround(huge / 2), NaN, NaN, -3.4028234663852886e38]);
  });

  test('subnormal numbers count', () => {
    const index = new IndexFlatIP(1);
    index.addSync(Float32Array.of(1e-40, 2e-40, -1e-40));
    expect([...index.searchSync(Float32Array.of(1), 3).labels]).toEqual([1n, 0n, 2n]);
  });
});

describe('an index large enough for every thread to have a part of each query', () => {
  const [n, d] = [70_000, 128];
  const part = new Random(9).floats(n * 7); // repeated with a shift: many vectors, few random numbers
  const vectors = Float32Array.from({ length: n * d }, (_, i) => part[i % part.length]! + (i >> 18));
  const queries = new Random(10).floats(5 * d);
  const before = getThreads();
  afterEach(() => setThreads(before));

  test.each([IndexFlatL2, IndexFlatIP])('gives the same bits for any number of threads: %o', async (Class) => {
    const index = new Class(d);
    index.addSync(vectors);
    setThreads(1);
    const expected = index.searchSync(queries, 100);
    const radius = expected.distances[99]!;
    const inRange = index.rangeSearchSync(queries.subarray(0, d), radius);
    for (const threads of [2, 3, 4, 8]) {
      setThreads(threads);
      expectSameBits(index.searchSync(queries, 100), expected);
      expectSameBits(await index.search(queries, 100), expected);
      expectSameBits(index.searchSync(queries.subarray(0, d), 100), expected.row(0));
      expectSameBits(await index.rangeSearch(queries.subarray(0, d), radius), inRange);
    }
    expect(new Set(expected.labels.subarray(0, 100)).size).toBe(100);
  });
});
