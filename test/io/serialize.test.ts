/** Bytes of an index, which many are put into their array piece by piece. */

import { expect, test } from 'vitest';
import { IndexFlatL2, IndexIDMap, serializeIndex, serializeIndexSync } from '../../lib/index.js';
import { native } from '../../lib/native.js';

const PIECE = 1 << 20;
const HEAD = 45; // bytes of a flat index's file before its vectors

async function filled(n: number, d: number) {
  const index = new IndexFlatL2(d);
  await index.add(Float32Array.from({ length: n * d }, (_, i) => i % 1009));
  return index;
}

test.each([
  [0, 1],
  [1, 3],
  [(PIECE - HEAD - 3) / 4, 1], // as many as fit into the first piece
  [(PIECE - HEAD - 3) / 4 + 1, 1],
  [40_000, 31],
])('%i vectors of %i components are the bytes that are made at once', async (n, d) => {
  const index = await filled(n, d);
  const bytes = await serializeIndex(index);
  expect(bytes).toBeInstanceOf(Uint8Array);
  expect(bytes.byteLength).toBe(bytes.buffer.byteLength);
  expect(Buffer.compare(bytes, serializeIndexSync(index))).toBe(0);
});

test('other events go on between the pieces, and changes of the index are not in them', async () => {
  const index = new IndexIDMap(await filled(0, 64));
  await index.addWithIds(
    new Float32Array(50_000 * 64).fill(1),
    BigInt64Array.from({ length: 50_000 }, (_, i) => BigInt(i)),
  );
  const expected = serializeIndexSync(index);
  let turns = 0;
  let over = false;
  const count = () => {
    turns++;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  const bytes = serializeIndex(index);
  // Until the pieces come: a copy of the index takes milliseconds.
  const change = setTimeout(() => index.removeIdsSync([1, 2, 3]), 1);
  expect(Buffer.compare(await bytes, expected) === 0 || index.ntotal === 50_000 - 3).toBe(true);
  over = true;
  clearTimeout(change);
  expect(turns).toBeGreaterThan(expected.length / PIECE);
});

test.each([1, 6])('a signal stops it, also between the pieces (after %i ms)', async (delay) => {
  const index = await filled(200_000, 64);
  const controller = new AbortController();
  const promise = serializeIndex(index, { signal: controller.signal });
  setTimeout(() => controller.abort(), delay);
  await expect(promise).rejects.toMatchObject({ name: 'AbortError' });
});

test('what is taken out is within the bytes, and they go with the last one', async () => {
  const index = native.flat(1, 1, true);
  native.addSync(index, new Float32Array(PIECE));
  const bytes = await native.serializeIndex(index, undefined);
  if (ArrayBuffer.isView(bytes)) throw new Error('more than are given at once');
  const { length } = bytes;
  expect(length).toBe(4 * PIECE + HEAD);
  const outOfRange = expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' });
  expect(() => native.takeBytes(bytes, length - 9, new Uint8Array(10))).toThrow(outOfRange);
  expect(() => native.takeBytes(bytes, length + 1, new Uint8Array(0))).toThrow(outOfRange);
  expect(() => native.takeBytes({} as typeof bytes, 0, new Uint8Array(1))).toThrow(TypeError);
  const all = new Uint8Array(length);
  native.takeBytes(bytes, 0, all.subarray(0, 100));
  native.takeBytes(bytes, 100, all.subarray(100));
  expect(Buffer.compare(all, native.serializeIndexSync(index))).toBe(0);
  expect(() => native.takeBytes(bytes, 0, new Uint8Array(1))).toThrow(outOfRange);
});
