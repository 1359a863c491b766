import { describe, expect, test } from 'vitest';
import { IndexIVFFlat, indexFactory, suggestIndex } from '../lib/index.js';
import { hostile } from './hostile.js';
import { Random } from './random.js';

describe('suggestIndex', () => {
  test('few vectors: an exact index', () => {
    for (const [n, d] of [
      [0, 1],
      [1, 2 ** 20],
      [20_000, 384],
      [130_000, 128],
      [9999, 2 ** 20],
    ] as const) {
      expect(suggestIndex(n, d)).toMatchObject({ description: 'Flat', nlist: undefined, nprobe: undefined });
      expect(suggestIndex(n, d).trainingVectors).toBe(0);
      expect(suggestIndex(n, d, { ids: true }).description).toBe('IDMap,Flat');
    }
  });

  test.each([
    [200_000, 768, 512],
    [1_000_000, 128, 1024],
    [10_000_000, 96, 4096],
    [1e9, 64, 32_768],
    [10_000, 4096, 128],
  ])('%d vectors of %d components: lists', (n, d, nlist) => {
    const found = suggestIndex(n, d);
    expect(found).toMatchObject({ description: `IVF${nlist},Flat`, nlist });
    expect(found.nprobe).toBeGreaterThanOrEqual(1);
    expect(found.nprobe).toBeLessThanOrEqual(nlist);
    expect(found.trainingVectors).toBeGreaterThanOrEqual(Math.min(n, 39 * nlist));
    expect(found.trainingVectors).toBeLessThanOrEqual(n);
    expect(found.reason).toContain(`${n} vectors of ${d} components`);
    expect(found.reason).toContain('tune(index, queries)');
  });

  test('the factory makes what it suggests', async () => {
    const { description, nprobe, trainingVectors } = suggestIndex(10_000, 4096);
    const [d, random] = [12, new Random(1)];
    const vectors = random.floats(4000 * d);
    const index = indexFactory(d, description);
    index.trainSync(vectors.subarray(0, trainingVectors * d), { minPointsPerCentroid: 1 });
    expect(index).toBeInstanceOf(IndexIVFFlat);
    index.addSync(vectors);
    expect((await index.search(random.floats(d), 3, { nprobe })).row(0).labels.length).toBe(3);
  });

  test.each(Object.entries(hostile))('%s is neither n nor d', (title, make) => {
    const error = expect.objectContaining({ code: expect.stringMatching(/ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)/) });
    const natural = typeof make() === 'number' && Number.isSafeInteger(make()) && (make() as number) >= 0;
    if (!natural) expect(() => suggestIndex(make() as number, 2)).toThrow(error);
    if (title !== '1') expect(() => suggestIndex(2, make() as number)).toThrow(error);
    if (title !== 'undefined' && typeof make() !== 'boolean') {
      expect(() => suggestIndex(2, 2, { ids: make() as boolean })).toThrow(error);
    }
  });
});
