// A program's test under vitest, as an ES module; in the pool vmThreads it has globals of its own.
import { expect, test } from 'vitest';
import { IndexFlatL2, matrix } from 'voronode';

test('finds, and refuses with a code', async () => {
  const index = new IndexFlatL2(2);
  await index.add(
    matrix([
      [0, 0],
      [1, 0],
      [0, 3],
    ]),
  );
  const { labels, distances } = await index.search(Float32Array.of(0.75, 0), 2);
  expect(Array.from(labels)).toEqual([1n, 0n]);
  expect(Array.from(distances)).toEqual([0.0625, 0.5625]);
  await expect(index.search(Float32Array.of(NaN, 0), 1)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
});
