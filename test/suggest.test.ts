import { describe, expect, test } from 'vitest';
import {
  IndexFlatL2,
  IndexIVFFlat,
  indexFactory,
  measureExactRate,
  type SuggestOptions,
  suggestIndex,
} from '../lib/index.js';
import { hostile } from './hostile.js';
import { Random } from './random.js';

describe('suggestIndex', () => {
  test('few vectors, or few components: an exact index', () => {
    for (const [n, d] of [
      [0, 1],
      [1, 2 ** 20],
      [20_000, 384],
      [130_000, 128],
      [1_000_000, 64],
      [3_000_000, 1],
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
    [4_000_000, 8, 2048],
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

  test('what is wanted, and what the machine does, decide', () => {
    const description = (options: SuggestOptions) => suggestIndex(1_000_000, 128, options).description;
    expect(description({})).toBe('IVF1024,Flat');
    expect(description({ exactRate: 3.4e11 })).toBe('Flat'); // 2656 queries a second
    expect(description({ exactRate: 3.4e11, queriesPerSecond: 5000 })).toBe('IVF1024,Flat');
    expect(description({ queriesPerSecond: 500 })).toBe('Flat');
    expect(description({ recall: 1 })).toBe('Flat');
    expect(description({ recall: 1, queriesPerSecond: 1e9 })).toBe('Flat');
    expect(description({ recall: 0.9999, queriesPerSecond: 1e9 })).toBe('Flat');
    const probes = [0.5, 0.9, 0.95, 0.99].map((recall) => suggestIndex(1_000_000, 128, { recall }).nprobe!);
    expect(probes).toEqual(probes.toSorted((a, b) => a - b));
    expect(probes[0]).toBeGreaterThan(0);
    for (const name of ['recall', 'queriesPerSecond', 'exactRate']) {
      for (const bad of [0, -1, Number.NaN, '1', null, 2n]) {
        expect(() => suggestIndex(9, 9, { [name]: bad } as SuggestOptions)).toThrow(new RegExp(`options.${name}`));
      }
    }
    expect(() => suggestIndex(9, 9, { recall: 1.01 })).toThrow(/options.recall/);
  });

  test('what is suggested for a recall reaches it, or nearly', async () => {
    const [n, d, hidden, random] = [20_000, 32, 12, new Random(2)];
    const map = random.floats(hidden * d); // of the hidden components, as many as real data may have
    const made = (count: number) => {
      const x = random.floats(count * hidden);
      return Float32Array.from({ length: count * d }, (_, i) => {
        let sum = 0;
        for (let h = 0; h < hidden; h++) sum += x[Math.floor(i / d) * hidden + h]! * map[h * d + (i % d)]!;
        return sum;
      });
    };
    const [vectors, queries] = [made(n), made(50)];
    const exact = new IndexFlatL2(d);
    exact.addSync(vectors);
    const truth = exact.searchSync(queries, 10).labels;
    for (const recall of [0.5, 0.9]) {
      const { description, nprobe } = suggestIndex(n, d, { recall, queriesPerSecond: 1e9 });
      const index = indexFactory(d, description);
      await index.train(vectors);
      await index.add(vectors);
      const { labels } = await index.search(queries, 10, { nprobe });
      let found = 0;
      for (let q = 0; q < 50; q++) {
        const theirs = new Set(truth.subarray(q * 10, q * 10 + 10));
        for (const label of labels.subarray(q * 10, q * 10 + 10)) found += theirs.has(label) ? 1 : 0;
      }
      expect(found / 500).toBeGreaterThan(recall - 0.1);
    }
  });

  test('the machine can be measured', async () => {
    const rate = await measureExactRate();
    expect(rate).toBeGreaterThan(1e8);
    expect(suggestIndex(1000 * 1000, 64, { exactRate: rate }).reason).toContain('queries a second');
    await expect(measureExactRate({ signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    await expect(measureExactRate({ d: 4 } as object)).rejects.toThrow(/'options.d' is not known/);
  });

  test('the factory makes what it suggests', async () => {
    const { description, nprobe, trainingVectors } = suggestIndex(20_000, 20_000);
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
