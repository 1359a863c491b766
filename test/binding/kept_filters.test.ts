/** Filters are read and built once for searches that come one after the other; how many are kept is bounded. */

import { describe, expect, test } from 'vitest';
import { type NativeSelector, type NativeSharedSelector, native } from '../../lib/native.js';

const D = 4;
const query = new Float32Array(D);

/** A filter that counts how often it is read. */
class Counted implements NativeSharedSelector {
  readonly by = native.sharing();
  readonly #selector: NativeSelector;
  reads = 0;
  constructor(selector: NativeSelector) {
    this.#selector = selector;
  }
  get of(): NativeSelector {
    this.reads++;
    return this.#selector;
  }
}

const two = () => new Counted({ type: 'batch', ids: BigInt64Array.of(2n, 1n) });
const bitmap = (bytes: number) => new Counted({ type: 'bitmap', bits: new Uint8Array(bytes).fill(0b110) });

describe.each(['sync', 'async'])('one search after the other, %s', (way) => {
  const index = native.flat(D, 1, true);
  native.addSync(
    index,
    Float32Array.from({ length: 9 * D }, (_, i) => Math.floor(i / D)),
  );
  const search = async (filter: Counted) => {
    const { labels } =
      way === 'sync'
        ? native.searchSync(index, query, 3, filter)
        : await native.search(index, query, 3, filter, undefined, undefined);
    expect(labels.slice(0, 2)).toEqual(BigInt64Array.of(1n, 2n));
  };

  test('builds a filter once', async () => {
    const filter = two();
    for (let i = 0; i < 10; i++) await search(filter);
    expect(filter.reads).toBe(1);
  });

  test('keeps the 64 used last', async () => {
    const [first, second, ...others] = Array.from({ length: 65 }, two) as [Counted, Counted, ...Counted[]];
    for (const filter of [first, second, ...others.slice(0, 62)]) await search(filter);
    await search(first);
    await search(others[62] as Counted); // takes the place of the second
    await search(first);
    await search(second);
    expect([first.reads, second.reads]).toEqual([1, 2]);
  });

  test('keeps 32 MiB at most', async () => {
    const large = bitmap((32 << 20) + 1);
    const small = two();
    for (let i = 0; i < 2; i++) for (const filter of [small, large]) await search(filter);
    expect([small.reads, large.reads]).toEqual([1, 2]);
    const halves = [bitmap(16 << 20), bitmap(16 << 20)] as const;
    for (const filter of [...halves, ...halves, small]) await search(filter);
    expect([small.reads, ...halves.map(({ reads }) => reads)]).toEqual([2, 1, 1]);
  });
});
