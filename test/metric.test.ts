/** Metrics that were meant otherwise: none of them is taken for another in silence. */

import { describe, expect, it } from 'vitest';
import * as v from '../lib/index.js';

const constants = v as unknown as Record<string, undefined>; // METRIC_INNER_PRODUCT is Faiss's, not ours
const makers: [string, (metric: unknown) => v.Index][] = [
  ['IndexFlat', (metric) => new v.IndexFlat(8, { metric: metric as v.Metric })],
  ['IndexFlatIP', (metric) => new v.IndexFlatIP(8, { metric: metric as 'ip' })],
  ['IndexIVFFlat', (metric) => new v.IndexIVFFlat(8, 2, { metric: metric as v.Metric })],
  ['IndexIVFScalarQuantizer', (metric) => new v.IndexIVFScalarQuantizer(8, 2, 'SQ8', { metric: metric as v.Metric })],
  ['indexFactory', (metric) => v.indexFactory(8, 'Flat', metric as v.Metric)],
];

describe.each(makers)('%s', (name, make) => {
  const [property, argument] =
    name === 'indexFactory'
      ? ['"metric" argument', "argument 'metric'"]
      : ['"options.metric" property', "property 'options.metric'"];
  it.each<[unknown, string]>([
    [constants.METRIC_INNER_PRODUCT, "Received undefined; use 'l2' or 'ip', or leave it out"],
    [0, "Received type number (0); use 'ip', which is Faiss's METRIC_INNER_PRODUCT"],
    [1, "Received type number (1); use 'l2', which is Faiss's METRIC_L2"],
    [2, "Received type number (2); use 'l1'"],
    [3, "Received type number (3); use 'linf'"],
    [null, "Received null; use 'l2' or 'ip'"],
  ])('refuses %s', (metric, end) => {
    const message = `The ${property} must be of type string. ${end}`;
    expect(() => make(metric)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE', message }));
  });
  it.each([
    ['IP', `Received "IP". Did you mean 'ip'?`],
    ['METRIC_INNER_PRODUCT', `Received "METRIC_INNER_PRODUCT". Did you mean 'ip'?`],
    ['inner product', `Received "inner product". Did you mean 'ip'?`],
    ['Manhattan', `Received "Manhattan". Did you mean 'l1'?`],
    ['METRIC_Linf', `Received "METRIC_Linf". Did you mean 'linf'?`],
    ['Euclidean', `Received "Euclidean". Did you mean 'l2'?`],
    [
      'cosine',
      `Received "cosine". The cosine is the inner product of vectors of length 1: use indexFactory(d, 'L2norm,Flat', 'ip'), or normalizeL2 and 'ip'`,
    ],
    ['hamming', 'Received "hamming"'],
  ])('refuses %s', (metric, end) => {
    const message = `The ${argument} must be one of: 'l2', 'ip', 'l1', 'linf'. ${end}`;
    expect(() => make(metric)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message }));
  });
});

it('is l2 where none is named', () => {
  expect(new v.IndexFlat(8, {}).metric).toBe('l2');
  expect(new v.IndexIVFFlat(8, 2, { nprobe: undefined }).metric).toBe('l2');
  expect(v.indexFactory(8, 'Flat').metric).toBe('l2');
});

it("tells Python's order of arguments from ours", () => {
  const quantizer = new v.IndexFlatL2(8);
  const refusal = (call: string) =>
    expect.objectContaining({
      code: 'ERR_INVALID_ARG_TYPE',
      message: `The "d" argument must be of type number. Received an instance of IndexFlatL2; the quantizer is an option: ${call}`,
    });
  const [Flat, Coded] = [v.IndexIVFFlat, v.IndexIVFScalarQuantizer] as unknown as (new (
    ...args: unknown[]
  ) => v.Index)[];
  expect(() => new Flat!(quantizer, 8, 16)).toThrow(refusal('new IndexIVFFlat(d, nlist, { quantizer })'));
  expect(() => new Coded!(quantizer, 8, 16, 0)).toThrow(
    refusal('new IndexIVFScalarQuantizer(d, nlist, code, { quantizer })'),
  );
});
