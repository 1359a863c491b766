/**
 * IndexScalarQuantizer: the contract suite, on codes that hold whole numbers exactly; then answers that are exact for the
 * decoded vectors, whatever these are.
 */

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  IDSelectorBatch,
  IndexFlat,
  IndexIDMap,
  IndexScalarQuantizer,
  type IndexScalarQuantizerOptions,
  indexFactory,
  type ScalarCode,
  serializeIndexSync,
} from '../lib/index.js';
import { exactFlatCodes } from './codes.js';
import { testIndex } from './contract.js';
import { hostile } from './hostile.js';
import { Random } from './random.js';
import { expectSameBits, readBack } from './subject.js';

testIndex('IndexScalarQuantizer of bytes', (d) => exactFlatCodes(d, 'SQ8'), { metric: 'l2' });
testIndex('IndexScalarQuantizer of bytes with a sign', (d) => exactFlatCodes(d, 'SQ8_direct_signed'), { metric: 'l2' });
testIndex('IndexIDMap of upper halves by inner product', (d) => new IndexIDMap(exactFlatCodes(d, 'SQbf16', 'ip')), {
  metric: 'ip',
  mapped: true,
});

/** How many of the ten nearest are still among them: a bit less than what was measured. */
const FOUND: [ScalarCode, number][] = [
  ['SQ8', 0.95],
  ['SQ6', 0.85],
  ['SQ4', 0.45],
  ['SQfp16', 0.99],
  ['SQbf16', 0.9],
  ['SQ8_uniform', 0.95],
  ['SQ4_uniform', 0.45],
];
/** Bytes of a vector of 25 components. */
const BYTES: Record<ScalarCode, number> = {
  ...{ SQ8: 25, SQ6: 19, SQ4: 13, SQfp16: 50, SQbf16: 50 },
  ...{ SQ8_direct: 25, SQ8_direct_signed: 25, SQ8_uniform: 25, SQ4_uniform: 13 },
};

describe('making an IndexScalarQuantizer', () => {
  test('says what it is', () => {
    const index = new IndexScalarQuantizer(3, 'SQ6', { metric: 'ip' });
    expect([index.d, index.metric, index.ntotal, index.isTrained]).toEqual([3, 'ip', 0, false]);
    expect(inspect(index, { breakLength: Infinity })).toBe(
      "IndexScalarQuantizer { d: 3, ntotal: 0, metric: 'ip', isTrained: false }",
    );
    expect(readBack(index)).toBeInstanceOf(IndexScalarQuantizer);
    expect(indexFactory(3, 'SQ6')).toBeInstanceOf(IndexScalarQuantizer);
  });

  test.each(Object.entries(hostile))('%s is no code, no d and no metric', (title, make) => {
    expect(() => new IndexScalarQuantizer(2, make() as ScalarCode)).toThrow(/'code'|"code"/);
    if (typeof make() !== 'number') expect(() => new IndexScalarQuantizer(make() as number, 'SQ8')).toThrow(/"d"/);
    if (title === 'undefined') return;
    const options = { metric: make() } as IndexScalarQuantizerOptions;
    expect(() => new IndexScalarQuantizer(2, 'SQ8', options)).toThrow(/metric/);
  });

  test('unknown options are refused', () => {
    const options = { sketch: true } as IndexScalarQuantizerOptions;
    expect(() => new IndexScalarQuantizer(2, 'SQ8', options)).toThrow(/'options.sketch' is not known/);
  });

  test('codes with ranges must be trained, and not anew over vectors', () => {
    const index = new IndexScalarQuantizer(1, 'SQ8');
    const untrained = expect.objectContaining({ code: 'ERR_VORONODE_NOT_TRAINED' });
    expect(() => index.addSync(Float32Array.of(1))).toThrow(untrained);
    expect(() => index.searchSync(Float32Array.of(1), 1)).toThrow(untrained);
    expect(() => index.trainSync(new Float32Array(0))).toThrow(/at least one vector/);
    expect(() => index.trainSync(Float32Array.of(3e38, -3e38))).toThrow(/no range/);
    expect(index.isTrained).toBe(false);
    index.trainSync(Float32Array.of(0, 255));
    index.addSync(Float32Array.of(300, 7.9, -1));
    expect([...index.reconstructSync([0, 1, 2])]).toEqual([255.5, 7.5, 0.5].map(Math.fround));
    expect(() => index.trainSync(Float32Array.of(0, 1))).toThrow(/call reset\(\)/);
    index.resetSync();
    index.trainSync(Float32Array.of(0, 1));
  });
});

describe.each(FOUND)('%s', (code, least) => {
  const [n, d, k] = [3000, 25, 10];
  const random = new Random(4);
  const vectors = random.floats(n * d);
  const queries = random.floats(40 * d);

  test.each(['l2', 'ip', 'l1', 'linf'] as const)('answers are exact for the decoded vectors, by %s', async (metric) => {
    const index = new IndexScalarQuantizer(d, code, { metric });
    await index.train(vectors);
    await index.add(vectors);
    const decoded = new IndexFlat(d, { metric });
    decoded.addSync(index.reconstructSync(Array.from({ length: n }, (_, i) => i)));
    const filter = new IDSelectorBatch([5, 2999, 1, 77]);
    expectSameBits(index.searchSync(queries, k), decoded.searchSync(queries, k));
    expectSameBits(index.searchSync(queries, k, { filter }), decoded.searchSync(queries, k, { filter }));
    expectSameBits(await index.search(queries.subarray(0, d), k), decoded.searchSync(queries.subarray(0, d), k));
    const radius = decoded.searchSync(queries, k).distances[k - 1]!;
    expectSameBits(index.rangeSearchSync(queries, radius), decoded.rangeSearchSync(queries, radius));
    const gone = new IDSelectorBatch([0, 1500, 2999]);
    expect([index.removeIdsSync(gone), decoded.removeIdsSync(gone)]).toEqual([3, 3]);
    expectSameBits(readBack(index).searchSync(queries, k), decoded.searchSync(queries, k));
  });

  test('little is lost', () => {
    const [index, exact] = [new IndexScalarQuantizer(d, code), new IndexFlat(d)];
    index.trainSync(vectors);
    for (const each of [index, exact]) each.addSync(vectors);
    const [found, right] = [index.searchSync(queries, k), exact.searchSync(queries, k)];
    let equal = 0;
    for (let q = 0; q < 40; q++) {
      const theirs = new Set(right.labels.subarray(q * k, (q + 1) * k));
      for (const label of found.labels.subarray(q * k, (q + 1) * k)) equal += theirs.has(label) ? 1 : 0;
    }
    expect(equal / (40 * k)).toBeGreaterThan(least);
  });
});

test.each(Object.entries(BYTES))('%s takes %d bytes a vector of 25 components', (code, bytes) => {
  const index = new IndexScalarQuantizer(25, code as ScalarCode);
  const vectors = new Random(7).integers(40 * 25, 0, 100);
  if (!index.isTrained) index.trainSync(vectors);
  const files = [index, index].map((each) => {
    each.addSync(vectors);
    return readBack(each).ntotal;
  });
  expect(files).toEqual([40, 80]);
  const size = () => serializeIndexSync(index).length;
  const full = size();
  index.resetSync();
  expect(full - size()).toBe(80 * bytes);
});

test('numbers that have no code are refused, and nothing added', async () => {
  const cases: [ScalarCode, number[], number[]][] = [
    ['SQfp16', [65519, -65519], [65520, -65520]],
    ['SQbf16', [3.38e38, -3.38e38], [3.4e38, -3.4e38]],
    ['SQ8_direct', [0, 255.5], [-0.5, 256]],
    ['SQ8_direct_signed', [-128, 127.5], [-128.5, 128]],
  ];
  for (const [code, good, bad] of cases) {
    const index = new IndexScalarQuantizer(1, code);
    index.addSync(Float32Array.from(good));
    for (const x of bad) {
      const error = expect.objectContaining({
        code: 'ERR_OUT_OF_RANGE',
        message: expect.stringMatching(/row 1, component 0/),
      });
      expect(() => index.addSync(Float32Array.of(1, x))).toThrow(error);
      await expect(index.add(Float32Array.of(1, x))).rejects.toThrow(error);
    }
    expect(index.ntotal).toBe(2);
  }
});
