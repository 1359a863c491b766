/**
 * IndexIVFScalarQuantizer: the contract suite, on codes that hold whole numbers exactly; then answers that are exact for
 * the decoded vectors, whatever these are.
 */

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  IDSelectorBatch,
  IndexFlat,
  IndexIDMap,
  IndexIVF,
  IndexIVFFlat,
  IndexIVFScalarQuantizer,
  type IndexIVFScalarQuantizerOptions,
  indexFactory,
  type ScalarCode,
} from '../lib/index.js';
import { exactCodes } from './codes.js';
import { testIndex } from './contract.js';
import { hostile } from './hostile.js';
import { Random } from './random.js';
import { expectSameBits, readBack } from './subject.js';

const CODES: ScalarCode[] = ['SQ8', 'SQ6', 'SQ4', 'SQ8_uniform', 'SQ4_uniform', 'SQfp16', 'SQbf16'];
/** How many of the ten nearest are still among them: a bit less than what was measured. */
const FOUND = { SQ8: 0.95, SQ6: 0.85, SQ4: 0.5, SQ8_uniform: 0.95, SQ4_uniform: 0.5, SQfp16: 0.99, SQbf16: 0.9 };

const caller = { mapped: true, numbers: true };
testIndex('IndexIVFScalarQuantizer of bytes', (d) => exactCodes(d, 1, 'SQ8'), { metric: 'l2', ...caller });
testIndex(
  'IndexIVFScalarQuantizer of bytes by inner product, not by residual',
  (d) => exactCodes(d, 5, 'SQ8', { metric: 'ip', byResidual: false }),
  { metric: 'ip', ...caller },
);
testIndex('IndexIVFScalarQuantizer of halves', (d) => exactCodes(d, 5, 'SQfp16'), { metric: 'l2', ...caller });
testIndex(
  'IndexIDMap of halves by inner product',
  (d) => new IndexIDMap(exactCodes(d, 4, 'SQfp16', { metric: 'ip' })),
  {
    metric: 'ip',
    mapped: true,
  },
);

describe('making an IndexIVFScalarQuantizer', () => {
  test('says what it is', () => {
    const index = new IndexIVFScalarQuantizer(3, 7, 'SQ8');
    expect([index.d, index.metric, index.nlist, index.nprobe, index.ntotal, index.isTrained]).toEqual([
      ...[3, 'l2', 7, 1, 0, false],
    ]);
    expect(index).toBeInstanceOf(IndexIVF);
    expect(inspect(index, { breakLength: Infinity })).toBe(
      "IndexIVFScalarQuantizer { d: 3, ntotal: 0, metric: 'l2', nlist: 7, nprobe: 1, isTrained: false }",
    );
    const options = { metric: 'ip', nprobe: 4, byResidual: undefined, quantizer: undefined } as const;
    const other = new IndexIVFScalarQuantizer(3, 7, 'SQfp16', options);
    expect([other.metric, other.nprobe, other.quantizer.metric]).toEqual(['ip', 4, 'ip']);
    expect(readBack(other)).toBeInstanceOf(IndexIVFScalarQuantizer);
  });

  test.each(Object.entries(hostile))('%s is no code, and nothing else either', (title, make) => {
    const error = expect.objectContaining({
      code: typeof make() === 'string' ? 'ERR_INVALID_ARG_VALUE' : 'ERR_INVALID_ARG_TYPE',
    });
    expect(() => new IndexIVFScalarQuantizer(2, 2, make() as ScalarCode)).toThrow(error);
    if (title === 'undefined' || typeof make() === 'boolean') return;
    const options = { byResidual: make() } as IndexIVFScalarQuantizerOptions;
    expect(() => new IndexIVFScalarQuantizer(2, 2, 'SQ8', options)).toThrow(/"options\.byResidual"/);
  });

  test('other codes are refused with the names of those there are', () => {
    for (const code of ['SQ5', 'sq8', '', '__proto__', 'constructor', 'toString']) {
      expect(() => new IndexIVFScalarQuantizer(2, 2, code as ScalarCode)).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARG_VALUE',
          message:
            "The argument 'code' must be one of: 'SQ8', 'SQ6', 'SQ4', 'SQfp16', 'SQbf16', 'SQ8_direct', " +
            `'SQ8_direct_signed', 'SQ8_uniform', 'SQ4_uniform'. Received ${JSON.stringify(code)}`,
        }),
      );
    }
  });

  test('whole numbers are kept as they are, not as differences', () => {
    for (const code of ['SQ8_direct', 'SQ8_direct_signed'] as const) {
      expect(() => new IndexIVFScalarQuantizer(2, 2, code, { byResidual: true })).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARG_VALUE',
          message: expect.stringContaining("'options.byResidual' must be false"),
        }),
      );
      const made = [new IndexIVFScalarQuantizer(2, 2, code), indexFactory(2, `IVF2,${code}`)];
      for (const index of made) {
        index.trainSync(Float32Array.of(0, 1, 100, 102));
        index.addSync(Float32Array.of(3, 127.75, 99, 0));
        expect([...index.reconstructSync([0, 1])]).toEqual([3, 127, 99, 0]);
        const beyond = code === 'SQ8_direct' ? Float32Array.of(1, 256) : Float32Array.of(1, -129);
        expect(() => index.addSync(beyond)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
      }
    }
  });

  test('codes with ranges need training even where there are centroids, halves do not', () => {
    for (const code of CODES) {
      const quantizer = new IndexFlat(2);
      quantizer.addSync(Float32Array.of(0, 0, 9, 9));
      const index = new IndexIVFScalarQuantizer(2, 2, code, { quantizer });
      const half = code === 'SQfp16' || code === 'SQbf16';
      expect(index.isTrained).toBe(half);
      const add = () => index.addSync(Float32Array.of(1, 2));
      if (!half) expect(add).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_NOT_TRAINED' }));
      index.trainSync(Float32Array.of(1, 2, 8, 10));
      expect(index.isTrained).toBe(true);
      expect([...quantizer.reconstructSync(1n)]).toEqual([9, 9]);
      add();
      expect(index.ntotal).toBe(1);
    }
  });

  test('what no half holds is refused, and nothing added', async () => {
    const index = exactCodes(2, 1, 'SQfp16');
    const vectors = Float32Array.of(1, 65519, 65520, 3);
    const error = expect.objectContaining({
      code: 'ERR_OUT_OF_RANGE',
      message: expect.stringMatching(/"vectors".*65520.*row 1, component 0/),
    });
    expect(() => index.addSync(vectors)).toThrow(error);
    await expect(index.add(vectors)).rejects.toThrow(error);
    expect(index.ntotal).toBe(0);
    index.addSync(vectors.subarray(0, 2));
    expect([...index.reconstructSync(0n)]).toEqual([1, 65504]);
  });
});

describe.each(CODES)('%s', (code) => {
  const [n, d, nlist, k] = [3000, 24, 12, 10];
  const random = new Random(3);
  const vectors = random.floats(n * d);
  const queries = random.floats(40 * d);

  test.each(['l2', 'ip'] as const)(
    'answers are those of a flat index over the decoded vectors, by %s',
    async (metric) => {
      const index = new IndexIVFScalarQuantizer(d, nlist, code, { metric });
      await index.train(vectors);
      await index.add(vectors);
      index.removeIdsSync(new IDSelectorBatch(BigInt64Array.of(3n, 77n, 2000n)));
      const same = new IndexIVFFlat(d, nlist, { metric, quantizer: copyOf(index.quantizer as IndexFlat) });
      const ids = BigInt64Array.from({ length: n }, (_, i) => BigInt(i)).filter((id) => ![3n, 77n, 2000n].includes(id));
      const decoded = new IndexIDMap(new IndexFlat(d, { metric }));
      for (const id of ids) decoded.addWithIdsSync(index.reconstructSync(id), BigInt64Array.of(id));
      const all = { nprobe: nlist };
      expectSameBits(index.searchSync(queries, k, all), decoded.searchSync(queries, k));
      for (let q = 0; q < 5; q++) {
        const query = queries.subarray(q * d, (q + 1) * d);
        expectSameBits(await index.search(query, k, all), await decoded.search(query, k));
      }
      // Close to the vectors themselves.
      same.addWithIdsSync(Float32Array.from([...ids].flatMap((id) => [...rowOf(id)])), ids);
      const [found, expected] = [
        index.searchSync(queries, k, { nprobe: 4 }),
        same.searchSync(queries, k, { nprobe: 4 }),
      ];
      let equal = 0;
      for (let q = 0; q < 40; q++) {
        const theirs = new Set(expected.labels.subarray(q * k, (q + 1) * k));
        for (const label of found.labels.subarray(q * k, (q + 1) * k)) equal += theirs.has(label) ? 1 : 0;
      }
      expect(equal / (40 * k)).toBeGreaterThan(FOUND[code as keyof typeof FOUND]);
      expectSameBits(readBack(index).searchSync(queries, k), index.searchSync(queries, k));
    },
  );

  const rowOf = (id: bigint) => vectors.subarray(Number(id) * d, (Number(id) + 1) * d);
});

function copyOf(flat: IndexFlat): IndexFlat {
  const copy = new IndexFlat(flat.d, { metric: flat.metric });
  for (let i = 0; i < flat.ntotal; i++) copy.addSync(flat.reconstructSync(BigInt(i)));
  return copy;
}
