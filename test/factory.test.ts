import { describe, expect, test } from 'vitest';
import {
  type Index,
  IndexFlatIP,
  IndexFlatL2,
  IndexIDMap,
  IndexIDMap2,
  IndexIVF,
  IndexIVFFlat,
  IndexIVFScalarQuantizer,
  IndexPreTransform,
  IndexRefineFlat,
  indexFactory,
  type Metric,
} from '../lib/index.js';
import { hostile } from './hostile.js';

/** The classes from the outermost index in. */
function classes(index: Index): unknown[] {
  const inner = (index as Partial<IndexIDMap>).index ?? (index as Partial<IndexRefineFlat>).baseIndex;
  return [index.constructor, ...(inner === undefined ? [] : classes(inner))];
}

describe('indexFactory', () => {
  const descriptions: [string, unknown[]][] = [
    ['Flat', [IndexFlatL2]],
    ['IDMap,Flat', [IndexIDMap, IndexFlatL2]],
    ['IDMap2,Flat', [IndexIDMap2, IndexFlatL2]],
    ['Flat,IDMap', [IndexIDMap, IndexFlatL2]],
    ['Flat,IDMap2', [IndexIDMap2, IndexFlatL2]],
    ['L2norm,Flat', [IndexPreTransform, IndexFlatL2]],
    ['IDMap,L2norm,Flat', [IndexIDMap, IndexPreTransform, IndexFlatL2]],
    ['Flat,RFlat', [IndexRefineFlat, IndexFlatL2]],
    ['IDMap,Flat,Refine(Flat)', [IndexIDMap, IndexRefineFlat, IndexFlatL2]],
    ['L2norm,Flat,RFlat,IDMap2', [IndexIDMap2, IndexRefineFlat, IndexPreTransform, IndexFlatL2]],
    ['L2norm,Flat,IDMap2', [IndexIDMap2, IndexPreTransform, IndexFlatL2]],
    ['Pad20,Flat', [IndexPreTransform, IndexFlatL2]],
    ['IDMap,L2norm,Pad4,Pad9,Flat,RFlat', [IndexIDMap, IndexRefineFlat, IndexPreTransform, IndexFlatL2]],
  ];

  test.each(descriptions)('%s', (description, expected) => {
    const index = indexFactory(12, description);
    expect(classes(index)).toEqual(expected);
    expect([index.d, index.metric, index.ntotal, index.isTrained]).toEqual([12, 'l2', 0, true]);
    const ip = indexFactory(7, description, 'ip');
    expect(classes(ip)).toEqual(expected.map((one) => (one === IndexFlatL2 ? IndexFlatIP : one)));
    expect([ip.d, ip.metric]).toEqual([7, 'ip']);
  });

  const inverted: [string, number, unknown[]][] = [
    ['IVF7,Flat', 7, [IndexIVFFlat]],
    ['IVF4k,Flat', 4096, [IndexIVFFlat]],
    ['IVF1M,Flat', 1048576, [IndexIVFFlat]],
    ['IVF7,SQ8', 7, [IndexIVFScalarQuantizer]],
    ['IDMap,IVF7,SQfp16', 7, [IndexIDMap, IndexIVFScalarQuantizer]],
    ['IVF7,SQ8,RFlat', 7, [IndexRefineFlat, IndexIVFScalarQuantizer]],
    ['IDMap,IVF7,SQfp16,RFlat', 7, [IndexIDMap, IndexRefineFlat, IndexIVFScalarQuantizer]],
    ['IDMap,IVF7,Flat', 7, [IndexIDMap, IndexIVFFlat]],
    ['IVF7,Flat,IDMap2', 7, [IndexIDMap2, IndexIVFFlat]],
    ['L2norm,IVF7,Flat', 7, [IndexPreTransform, IndexIVFFlat]],
    ['IDMap,L2norm,IVF7,Flat', 7, [IndexIDMap, IndexPreTransform, IndexIVFFlat]],
  ];

  test.each(inverted)('%s', (description, nlist, expected) => {
    for (const metric of ['l2', 'ip'] as const) {
      let index = indexFactory(12, description, metric);
      expect(classes(index)).toEqual(expected);
      expect([index.d, index.metric, index.ntotal, index.isTrained]).toEqual([12, metric, 0, false]);
      while (!(index instanceof IndexIVF))
        index = index instanceof IndexRefineFlat ? index.baseIndex : (index as IndexIDMap).index;
      expect([index.nlist, index.nprobe, index.quantizer.metric]).toEqual([nlist, 1, metric]);
    }
  });

  const learnt: [string, number, unknown[]][] = [
    ['PCA4,Flat', 4, [IndexPreTransform, IndexFlatL2]],
    ['PCAW4,Flat', 4, [IndexPreTransform, IndexFlatL2]],
    ['PCAR12,Flat', 12, [IndexPreTransform, IndexFlatL2]],
    ['PCAWR1,Flat,RFlat', 1, [IndexRefineFlat, IndexPreTransform, IndexFlatL2]],
    ['RR,Flat', 12, [IndexPreTransform, IndexFlatL2]],
    ['IDMap,RR30,Flat', 30, [IndexIDMap, IndexPreTransform, IndexFlatL2]],
    ['Pad20,PCA15,L2norm,Flat', 15, [IndexPreTransform, IndexFlatL2]],
  ];

  test.each(learnt)('%s', (description, d, expected) => {
    let index: Index = indexFactory(12, description);
    expect(classes(index)).toEqual(expected);
    expect([index.d, index.ntotal, index.isTrained]).toEqual([12, 0, false]);
    while (!(index instanceof IndexFlatL2))
      index = index instanceof IndexRefineFlat ? index.baseIndex : (index as IndexIDMap).index;
    expect(index.d).toBe(d);
  });

  const malformed: [string, number][] = [
    ['', 0],
    ['flat', 0],
    [' Flat', 0],
    ['Flat ', 0],
    ['Flat,', 5],
    [',Flat', 0],
    ['IDMap', 0],
    ['IDMap,', 6],
    ['IDMap,flat', 6],
    ['IDMap,IDMap,Flat', 6],
    ['L2norm', 0],
    ['L2norm,', 7],
    ['PCA,Flat', 3],
    ['PCA0,Flat', 3],
    ['PCA5,Flat', 3],
    ['IDMap,PCAW99999999999999999999,Flat', 10],
    ['PCAX2,Flat', 0],
    ['PCA2', 0],
    ['RR0,Flat', 2],
    ['RR1048577,Flat', 2],
    ['RRR,Flat', 0],
    ['Pad,Flat', 3],
    ['PCA2,PCA3,Flat', 8],
    ['IVF4,RR,Flat', 5],
    [`${'RR,'.repeat(17)}Flat`, 48],
    ['L2norm,Fl@t', 7],
    ['Flat\0', 0],
    ['IVF,Flat', 3],
    ['IVF0,Flat', 3],
    ['IVF99999999999999999999,Flat', 3],
    ['IVF4K,Flat', 4],
    ['IVF4', 4],
    ['IVF4,flat', 5],
    ['IDMap,IVF4,L2norm,Flat', 11],
    ['IVF4,Flat,Flat', 10],
    ['RFlat', 0],
    ['IVF4,RFlat', 4],
    ['Flat,RFlat,RFlat', 5],
    ['Flat,IDMap,RFlat', 5],
    ['😀', 0],
    ['Flat'.repeat(10_000), 0],
  ];

  test.each(malformed)('%j is refused at its position', (description, position) => {
    expect(() => indexFactory(4, description)).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringMatching(new RegExp(`position ${position}\\b`)),
      }),
    );
  });

  test.each([
    'HNSW32',
    'PQ8',
    'OPQ8,PQ8',
    'ITQ,Flat',
    'ITQ16,LSH',
    'IVF1024_HNSW32,Flat',
    'IDMap,IVF4(PQ8),Flat',
    'Refine(PQ8)',
  ])('%s is known, but not offered', (description) => {
    const part = description.replace(/^IDMap,/, '').split(',')[0]!;
    expect(() => indexFactory(16, description)).toThrow(
      expect.objectContaining({
        name: 'Error',
        code: 'ERR_VORONODE_UNSUPPORTED',
        message: expect.stringContaining(`"${part}"`),
      }),
    );
  });

  test.each(Object.entries(hostile))('%s is refused for each argument', (title, make) => {
    const typeError = (name: string) => ({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringContaining(`The "${name}" argument must be of type`),
    });
    const d = typeof make() === 'number' ? { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' } : typeError('d');
    if (title !== '1') expect(() => indexFactory(make() as number, 'Flat')).toThrow(expect.objectContaining(d));
    const isString = typeof make() === 'string';
    const description = isString ? { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' } : typeError('description');
    expect(() => indexFactory(4, make() as string)).toThrow(expect.objectContaining(description));
    if (title === 'undefined') return;
    const metric = isString ? { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' } : typeError('metric');
    expect(() => indexFactory(4, 'Flat', make() as Metric)).toThrow(expect.objectContaining(metric));
  });
});
