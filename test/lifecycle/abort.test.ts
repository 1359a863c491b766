/** Tokens: before, while waiting, while running, and shared. */

import { describe, expect, it } from 'vitest';
import { native } from '../../lib/native.js';

const D = 32;
const N = 100_000;
const vectors = Float32Array.from({ length: N * D }, (_, i) => (i * 31) % 97);
const aborted = { name: 'AbortError', code: 'ABORT_ERR', message: 'The operation was aborted' };

function filled() {
  const index = native.flat(D, 1, true);
  native.addSync(index, vectors);
  return index;
}

/** Takes seconds, if it is not stopped. */
const longSearch = (index: ReturnType<typeof filled>, token?: ReturnType<typeof native.token>) =>
  native.search(index, vectors, 1, undefined, undefined, token);

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a token', () => {
  it('that fired already stops the operation before it begins', async () => {
    const token = native.token();
    native.cancel(token);
    const index = filled();
    await expect(longSearch(index, token)).rejects.toMatchObject(aborted);
    await expect(native.add(index, vectors, token)).rejects.toMatchObject(aborted);
    await expect(native.serializeIndex(index, token)).rejects.toMatchObject(aborted);
    await expect(native.readIndex('/there/is/none', token)).rejects.toMatchObject(aborted);
    expect(native.ntotal(index)).toBe(N);
  });

  it('stops running work', async () => {
    const token = native.token();
    const search = longSearch(filled(), token);
    search.catch(() => undefined);
    await pause(50);
    native.cancel(token);
    await expect(search).rejects.toMatchObject(aborted);
  });

  it('takes waiting work out of the queue at once', async () => {
    const index = filled();
    const [running, waiting] = [native.token(), native.token()];
    const search = longSearch(index, running);
    search.catch(() => undefined);
    const reset = native.reset(index, waiting); // which has the index to itself
    native.cancel(waiting);
    let searching = true;
    search.catch(() => {
      searching = false;
    });
    await expect(reset).rejects.toMatchObject(aborted);
    expect(searching).toBe(true);
    native.cancel(running);
    await expect(search).rejects.toMatchObject(aborted);
    expect(await native.removeIds(index, { type: 'range', min: 0n, max: 1n }, undefined)).toBe(1);
    expect(native.ntotal(index)).toBe(N - 1);
  });

  it('stops all work that bears it, and no other', async () => {
    const index = filled();
    const token = native.token();
    const searches = Array.from({ length: 8 }, () => longSearch(index, token));
    const other = native.search(index, vectors.subarray(0, D), 1, undefined, undefined, native.token());
    for (const search of searches) search.catch(() => undefined);
    native.cancel(token);
    native.cancel(token);
    for (const search of searches) await expect(search).rejects.toMatchObject(aborted);
    expect((await other).distances).toEqual(Float32Array.of(0));
  });

  it('that fires too late changes nothing', async () => {
    const index = filled();
    const token = native.token();
    expect((await native.search(index, vectors.subarray(0, D), 1, undefined, undefined, token)).distances[0]).toBe(0);
    native.cancel(token);
    expect(native.ntotal(index)).toBe(N);
  });

  it('leaves the index as it was, or the work whole', async () => {
    const index = native.flat(D, 1, true);
    const map = native.idMap(index, false);
    const ids = BigInt64Array.from({ length: N }, (_, i) => BigInt(i));
    let stopped = 0;
    for (let round = 0; round < 40; round++) {
      const before = native.ntotal(map);
      const token = native.token();
      const change =
        round % 2 === 0
          ? native.addWithIds(map, vectors, ids, token).then(() => N)
          : native.removeIds(map, { type: 'batch', ids: ids.subarray(0, N / 2) }, token).then((removed) => -removed);
      const outcome = change.catch((error) => {
        expect(error).toMatchObject(aborted);
        stopped++;
        return 0;
      });
      await pause(round / 4);
      native.cancel(token);
      const after = before + (await outcome);
      expect(native.ntotal(map)).toBe(after);
      expect(native.ntotal(index)).toBe(native.ntotal(map));
      if (native.ntotal(map) > 3 * N) native.resetSync(map);
    }
    expect(stopped).toBeGreaterThan(0);
  });
});
