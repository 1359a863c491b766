/** What an index says that it takes, against what is stored and what the process grows by. */

import { expect, test } from 'vitest';
import { type Index, IndexFlatL2, IndexIDMap, IndexIVFFlat, indexFactory } from '../lib/index.js';
import { run } from './program.js';
import { Random } from './random.js';

const [N, D] = [20_000, 32];
const vectors = new Random(1).floats(N * D);

async function filled(description: string): Promise<Index> {
  const index = indexFactory(D, description) as Index;
  await index.train(vectors.subarray(0, 4000 * D));
  if (index instanceof IndexIDMap) {
    await index.addWithIds(
      vectors,
      Array.from({ length: N }, (_, i) => 3 * i),
    );
  } else {
    await index.add(vectors);
  }
  return index;
}

test('an empty index takes nothing that grows', () => {
  expect(new IndexFlatL2(D).stats()).toEqual({
    ntotal: 0,
    removed: 0,
    bytes: { rows: 0, sketches: 0, ids: 0, lists: 0, centroids: 0, transforms: 0, tables: 0, mapped: 0, total: 0 },
  });
});

/** What is stored, and what there is nothing of. */
const stored = {
  Flat: { rows: 4 * D * N, sketches: (D + 8) * (N - 64) },
  SQ8: { rows: D * N },
  'IDMap,Flat': { rows: 4 * D * N, sketches: (D + 8) * (N - 64), ids: 8 * N },
  'IVF16,Flat': {
    rows: 4 * D * N,
    sketches: (D + 8) * (N - 16 * 64),
    ids: 8 * N,
    lists: 16 * 8,
    centroids: 16 * 4 * D,
  },
  'PCA16,IVF16,SQ8,RFlat': { rows: (16 + 4 * D) * N, ids: 8 * N, lists: 1, centroids: 16 * 64, transforms: 4 * 16 * D },
};

test.each(Object.entries(stored))('%s: not less than is stored, and little more', async (description, expected) => {
  const index = await filled(description);
  const { ntotal, bytes } = index.stats();
  expect(ntotal).toBe(N);
  const { total, ...parts } = bytes;
  for (const [part, value] of Object.entries(parts)) {
    const least = (expected as Record<string, number>)[part];
    if (least === undefined) {
      expect({ [part]: value }).toEqual({ [part]: 0 });
      continue;
    }
    expect(value, part).toBeGreaterThanOrEqual(least);
    expect(value, part).toBeLessThan(1.1 * least + 4 * 2 ** 20);
  }
  expect(total).toBe(Object.values(parts).reduce((sum, value) => sum + value));
});

// AddressSanitizer keeps memory of its own.
test.skipIf(process.env.ASAN_OPTIONS)('the memory of the process grows by as much', async () => {
  const { stdout, code } = await run('index_stats.cjs');
  expect(code).toBe(0);
  const kinds = JSON.parse(stdout) as Record<string, { grown: number; total: number; ntotal: number }>;
  expect(Object.keys(kinds)).toEqual(['Flat', 'IVF64,SQ8']);
  for (const { grown, total, ntotal } of Object.values(kinds)) {
    expect(ntotal).toBe(100_000);
    expect(total).toBeGreaterThan(12e6);
    expect(Math.abs(grown - total)).toBeLessThan(0.1 * total + 6e6); // pages of V8's and malloc's own
  }
});

test('a wrapper counts what it wraps; tables come and go', async () => {
  const map = (await filled('IDMap,Flat')) as IndexIDMap;
  const { ids, tables } = map.stats().bytes;
  expect(map.index.stats().bytes.total).toBe(map.stats().bytes.total - ids);
  expect(tables).toBe(0);
  await map.has(3);
  expect(map.stats().bytes.tables).toBeGreaterThanOrEqual(16 * N);
  await map.reset();
  expect(map.stats()).toMatchObject({ ntotal: 0, bytes: { rows: 0, ids: 0, tables: 0 } });
});

test('it never waits, whatever runs', async () => {
  const index = new IndexIVFFlat(D, 64);
  const training = index.train(vectors, { niter: 200 });
  const begin = performance.now();
  for (let i = 0; i < 1000; i++) index.stats();
  expect(index.isTrained).toBe(false); // it was under way all the time
  expect(performance.now() - begin).toBeLessThan(1000);
  await training;
});

test('a closed index has none', () => {
  const index = new IndexFlatL2(D);
  index.close();
  expect(() => index.stats()).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_CLOSED' }));
});
