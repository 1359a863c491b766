/** Indexes that are closed or forgotten while work runs on them. */

import { describe, expect, it } from 'vitest';
import { type NativeBytes, native } from '../../lib/native.js';
import { run } from '../program.js';

const D = 32;
const N = 20_000;
const vectors = Float32Array.from({ length: N * D }, (_, i) => (i * 31) % 97);
const queries = vectors.subarray(0, 100 * D);

function filled() {
  const index = native.flat(D, 1, true);
  native.addSync(index, vectors);
  return index;
}

describe('close', () => {
  it('lets the work under way finish', async () => {
    const index = filled();
    const expected = native.searchSync(index, queries, 5, undefined);
    const searches = Array.from({ length: 20 }, () =>
      native.search(index, queries, 5, undefined, undefined, undefined),
    );
    const addition = native.add(index, vectors, undefined);
    const removal = native.removeIds(index, { type: 'range', min: 0n, max: 10n }, undefined);
    const bytes = native.serializeIndex(index, undefined);
    native.close(index);
    await addition;
    expect(await removal).toBe(10);
    // Searches and saving see the vectors of the moment at which they begin: with the addition and the removal or without.
    for (const search of searches) {
      const { labels } = await search;
      expect(labels.length).toBe(expected.labels.length);
      expect(labels).not.toContain(-1n);
    }
    const taken = (await bytes) as NativeBytes;
    const all = new Uint8Array(taken.length);
    native.takeBytes(taken, 0, all);
    expect([N, N - 10, 2 * N, 2 * N - 10]).toContain(native.ntotal(native.deserializeIndexSync(all)));
  });

  it('makes every later call fail', async () => {
    const index = filled();
    native.close(index);
    const closed = { code: 'ERR_VORONODE_CLOSED' };
    const thrown = (body: () => unknown) => expect(body).toThrow(expect.objectContaining(closed));
    thrown(() => native.ntotal(index));
    thrown(() => native.searchSync(index, queries, 1, undefined));
    thrown(() => native.idMap(index, false));
    thrown(() => native.resetSync(index));
    await expect(native.search(index, queries, 1, undefined, undefined, undefined)).rejects.toMatchObject(closed);
    await expect(native.add(index, queries, undefined)).rejects.toMatchObject(closed);
    native.close(index);
  });

  it('of a map leaves the handles of the wrapped index', () => {
    const map = native.idMap(native.flat(D, 1, true), false);
    native.addWithIdsSync(map, vectors.subarray(0, D), BigInt64Array.of(7n));
    const inner = native.inner(map)!;
    native.close(map);
    expect(native.ntotal(inner)).toBe(1);
    expect(native.searchSync(inner, queries.subarray(0, D), 1, undefined).labels).toEqual(BigInt64Array.of(0n));
  });
});

describe('garbage collection', () => {
  it('takes no index, input or result of work that runs', async () => {
    const { code, signal, stdout, stderr } = await run('lifecycle/programs/inputs.mjs', [2000], {
      node: ['--expose-gc'],
    });
    expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
    expect(stdout).toBe('2000 operations\n');
  });

  it.each(['sync', 'async'])('gives back the memory of forgotten indexes of 10 MB, %s', async (way) => {
    // Several times the limit; a sanitizer is slow at it.
    const indexes = process.env.ASAN_OPTIONS ? 120 : 300;
    // Where AddressSanitizer runs, it would keep 256 MiB of freed memory aside.
    const env = { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:quarantine_size_mb=16` };
    const { code, signal, stdout, stderr } = await run('lifecycle/programs/forget.mjs', [way, indexes], { env });
    expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
    expect(Number(stdout), 'the peak of the resident memory in MiB').toBeLessThan(400);
  });

  // AddressSanitizer keeps memory of its own, as much as is measured here.
  describe.skipIf(process.env.ASAN_OPTIONS).each(['sync', 'async'])('%s', (way) => {
    it('keeps the memory of filters in bounds that are made for one search and forgotten', async () => {
      const { code, signal, stdout, stderr } = await run('lifecycle/programs/filters.mjs', [way, 800]);
      expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
      expect(Number(stdout), 'the peak of the resident memory in MiB').toBeLessThan(300);
    });

    it('keeps the memory of small inverted files in bounds that are made and forgotten', async () => {
      const { code, signal, stdout, stderr } = await run('lifecycle/programs/small.mjs', ['drop', 2000, way]);
      expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
      expect(Number(stdout), 'the peak of the resident memory in MiB').toBeLessThan(300);
    });

    it('has small inverted files that are small', async () => {
      const { code, signal, stdout, stderr } = await run('lifecycle/programs/small.mjs', ['hold', 200, way]);
      expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
      expect(Number(stdout), 'kB for each').toBeGreaterThan(300); // 336 are stored
      expect(Number(stdout), 'kB for each').toBeLessThan(500);
    });
  });
});
