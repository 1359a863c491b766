/** What waits for exclusive work does so off the event loop, in its promise form. */

import { expect, test } from 'vitest';
import { IndexIDMap, IndexIVFFlat } from '../lib/index.js';
import { Random } from './random.js';

const [D, NLIST] = [16, 64];

/** An index whose training is under way. */
function training(): { index: IndexIVFFlat; done: Promise<void> } {
  const index = new IndexIVFFlat(D, NLIST);
  return { index, done: index.train(new Random(1).floats(20_000 * D), { niter: 30 }) };
}

test('the calls return while a training is under way', async () => {
  const { index, done } = training();
  const calls = [
    index.listSizes().then((sizes) => [...sizes]),
    index.imbalance(),
    index.reconstruct(0).catch((error) => error.code),
    index.reset(),
  ];
  expect(index.isTrained).toBe(false); // a call in place would have waited for it
  await done;
  expect(await Promise.all(calls)).toEqual([Array(NLIST).fill(0), 1, 'ERR_OUT_OF_RANGE', undefined]);
});

test('the twins wait for it, and answer the same', () => {
  const { index } = training();
  expect([...index.listSizesSync()]).toEqual(Array(NLIST).fill(0));
  expect(index.isTrained).toBe(true);
  expect(index.imbalanceSync()).toBe(1);
});

test('both forms have the same bits, and change the same', async () => {
  const index = new IndexIVFFlat(D, 4);
  const vectors = new Random(2).floats(500 * D);
  index.trainSync(vectors, { minPointsPerCentroid: 1 });
  index.addSync(vectors);
  for (const id of [0, 7n, 499]) expect(await index.reconstruct(id)).toEqual(index.reconstructSync(id));
  expect(await index.listSizes()).toEqual(index.listSizesSync());
  expect(await index.imbalance()).toBe(index.imbalanceSync());
  await index.reset();
  expect([index.ntotal, index.isTrained]).toEqual([0, true]);
  index.addSync(vectors);
  index.resetSync();
  expect(index.ntotal).toBe(0);
});

test('an index in a wrapper is reset through the wrapper only', async () => {
  const inner = new IndexIVFFlat(D, 4);
  const map = new IndexIDMap(inner);
  await expect(inner.reset()).rejects.toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED' });
  await map.reset();
  map.close();
  await expect(map.reset()).rejects.toMatchObject({ code: 'ERR_VORONODE_CLOSED' });
  await expect(map.reconstruct(1)).rejects.toMatchObject({ code: 'ERR_VORONODE_CLOSED' });
});
