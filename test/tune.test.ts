import { describe, expect, test } from 'vitest';
import {
  type Index,
  IndexFlatL2,
  IndexIDMap,
  type IndexIVF,
  IndexIVFFlat,
  indexFactory,
  type TuneOptions,
  tune,
} from '../lib/index.js';
import { hostile } from './hostile.js';
import { Random } from './random.js';

const D = 12;
const N = 4000;
const NLIST = 50;
const vectors = new Random(1).floats(N * D);
const queries = new Random(2).floats(100 * D);

function filled<T extends Index>(index: T): T {
  index.trainSync(vectors);
  const ids = BigInt64Array.from({ length: N }, (_, i) => BigInt(i * 7));
  index.addWithIdsSync(vectors, ids);
  return index;
}

/** The share of the exact neighbours that a search finds, counted by ids. */
function recall(index: Index, k: number, nprobe: number): number {
  const exact = index.searchSync(queries, k, { nprobe: NLIST });
  const found = index.searchSync(queries, k, { nprobe });
  let hits = 0;
  for (let q = 0; q < found.nq; q++) {
    const labels = new Set(exact.row(q).labels);
    for (const label of found.row(q).labels) if (labels.has(label)) hits++;
  }
  return hits / exact.labels.length;
}

describe('tune', () => {
  test.each<[string, () => Index]>([
    ['IndexIVFFlat', () => filled(new IndexIVFFlat(D, NLIST, { nprobe: 3 }))],
    ['by inner product', () => filled(new IndexIVFFlat(D, NLIST, { metric: 'ip', nprobe: 3 }))],
    ['IndexIDMap of it', () => filled(new IndexIDMap(new IndexIVFFlat(D, NLIST, { nprobe: 3 })))],
    ['IDMap,L2norm,IVF50,Flat', () => filled(indexFactory(D, 'IDMap,L2norm,IVF50,Flat'))],
  ])(
    '%s: finds the smallest nprobe for every recall',
    async (_, make) => {
      const index = make();
      const before = index.searchSync(queries, 10);
      for (const wanted of [0.3, 0.95, 1]) {
        const found = await tune(index, queries, { recall: wanted, k: 7 });
        expect(found.recall).toBeGreaterThanOrEqual(wanted);
        expect(found.recall).toBeCloseTo(recall(index, 7, found.nprobe), 12);
        if (found.nprobe > 1) expect(recall(index, 7, found.nprobe - 1)).toBeLessThan(wanted);
        const { curve, ...point } = found;
        expect(curve).toContainEqual(point);
        expect(curve.map(({ nprobe }) => nprobe)).toEqual(expect.arrayContaining([1, 2, 4, 8, 16, 32, NLIST]));
        for (let i = 1; i < curve.length; i++) {
          expect(curve[i]!.nprobe).toBeGreaterThan(curve[i - 1]!.nprobe);
          expect(curve[i]!.recall).toBeGreaterThanOrEqual(curve[i - 1]!.recall);
        }
        for (const { queriesPerSecond } of curve) expect(queriesPerSecond).toBeGreaterThan(1);
        expect(curve.at(-1)).toMatchObject({ nprobe: NLIST, recall: 1 });
      }
      expect(index.searchSync(queries, 10)).toEqual(before); // nothing was set
    },
    120_000,
  );

  test('sets nprobe if asked, also below a wrapper', async () => {
    const ivf = new IndexIVFFlat(D, NLIST);
    const index = filled(new IndexIDMap(ivf));
    const { nprobe } = await tune(index, queries, { recall: 0.9, set: true });
    expect(nprobe).toBeGreaterThan(1);
    expect(ivf.nprobe).toBe(nprobe);
    await tune(index, queries, { recall: 0.5, set: false });
    expect(ivf.nprobe).toBe(nprobe);
  });

  test('defaults: 95 % of 10', async () => {
    const index = filled(new IndexIVFFlat(D, NLIST));
    const [byDefault, named] = [await tune(index, queries), await tune(index, queries, { recall: 0.95, k: 10 })];
    expect(byDefault.nprobe).toBe(named.nprobe);
  });

  test('neighbours at equal distances count alike; fewer vectors than k are no loss', async () => {
    const index = new IndexIVFFlat(1, 4);
    index.trainSync(Float32Array.of(0, 10, 20, 30), { minPointsPerCentroid: 1 });
    index.addSync(Float32Array.from({ length: 40 }, (_, i) => 10 * (i % 4)));
    const query = Float32Array.of(5); // as near to list 0 as to list 1
    expect((await tune(index, query, { recall: 1, k: 3 })).nprobe).toBe(1);
    expect((await tune(index, query, { recall: 1, k: 1000 })).nprobe).toBe(4);
    expect((await tune(index, query, { recall: 0.5, k: 1000 })).nprobe).toBe(2);
  });

  test('can be stopped', async () => {
    const index = filled(new IndexIVFFlat(D, NLIST)) as IndexIVF;
    await expect(tune(index, queries, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORT_ERR' });
    const signal = AbortSignal.timeout(50);
    await expect(tune(index, queries, { signal, set: true })).rejects.toMatchObject({ code: 'ABORT_ERR' });
    expect(index.nprobe).toBe(1);
  });

  test('refuses what has nothing to tune, with what to do', async () => {
    const rejects = (index: Index, code: string, message: RegExp, sample = queries, options?: TuneOptions) =>
      expect(tune(index, sample, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    const flat = new IndexFlatL2(D);
    await rejects(flat, 'ERR_VORONODE_UNSUPPORTED', /^IndexFlatL2 has no lists .* exact/);
    await rejects(new IndexIDMap(flat), 'ERR_VORONODE_UNSUPPORTED', /^IndexIDMap has no lists/);
    const empty = new IndexIVFFlat(D, 2);
    await rejects(empty, 'ERR_VORONODE_UNSUPPORTED', /add the vectors first/);
    const index = filled(new IndexIVFFlat(D, NLIST));
    await rejects(index, 'ERR_OUT_OF_RANGE', /"queries.length" .* one query or more/, new Float32Array(0));
    await rejects(index, 'ERR_VORONODE_DIMENSION', /multiple of d/, new Float32Array(5));
    await rejects(index, 'ERR_INVALID_ARG_VALUE', /NaN/, new Float32Array(D).fill(NaN));
    for (const recall of [0, -1, 1.01, NaN, '1' as unknown as number]) {
      await rejects(index, 'ERR_OUT_OF_RANGE', /"options.recall" .* > 0 && <= 1/, queries, { recall });
    }
    await rejects(index, 'ERR_OUT_OF_RANGE', /"options.k"/, queries, { k: 0 });
    await rejects(index, 'ERR_INVALID_ARG_TYPE', /"options.set"/, queries, { set: 1 as unknown as boolean });
  });

  test.each(Object.entries(hostile))('%s is no index and no sample', async (title, make) => {
    const wrong = { code: 'ERR_INVALID_ARG_TYPE' };
    if (title !== 'index') await expect(tune(make() as Index, queries)).rejects.toMatchObject(wrong);
    if (!/float32array/.test(title)) {
      await expect(tune(new IndexIVFFlat(2, 2), make() as Float32Array)).rejects.toMatchObject(wrong);
    }
  });
});
