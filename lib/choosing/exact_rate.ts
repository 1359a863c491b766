/** How fast exact search is on this machine, for {@link suggestIndex}. */

import { setImmediate } from 'node:timers/promises';
import { type AbortOptions, signalOf } from '../abort.js';
import { IndexFlatL2 } from '../flat.js';
import { checkNames } from '../options.js';

/** 2^22 components: 16 MB, and tens of milliseconds to search. */
const [ROWS, D] = [2 ** 16, 64];
/** Components that are made between two turns of the event loop: about a millisecond. */
const SLICE = 2 ** 17;
const QUERIES = 256;
const ROUNDS = 5;

/**
 * Measures exact search by making and searching random vectors, in about half a second: how many components of stored
 * vectors this machine, with the threads that are set, compares with queries in a second, many queries in a call. That
 * many by n · d is about the queries a second of an `IndexFlatL2` of n vectors of d components, and what
 * `suggestIndex(n, d, { exactRate })` takes. Queries one at a time take 4 to 7 times as
 * long each (docs/benchmarks.md, 128 × 1M).
 */
export async function measureExactRate(options?: AbortOptions): Promise<number> {
  checkNames(options, ['signal'], 'measureExactRate()');
  const signal = signalOf(options);
  using index = new IndexFlatL2(D);
  await index.add(await randomVectors(ROWS, signal), { signal });
  const queries = await randomVectors(QUERIES, signal);
  const seconds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const begin = performance.now();
    await index.search(queries, 10, { signal });
    seconds.push((performance.now() - begin) / 1000);
  }
  const [, ...measured] = seconds; // the first wakes threads and caches
  const median = measured.sort((a, b) => a - b)[ROUNDS >> 1] as number;
  return (ROWS * D * QUERIES) / median;
}

/** n × D, about normal: sums of four. */
async function randomVectors(n: number, signal: AbortSignal | undefined): Promise<Float32Array> {
  const vectors = new Float32Array(n * D);
  for (let at = 0; at < vectors.length; at += SLICE) {
    const end = Math.min(vectors.length, at + SLICE);
    for (let i = at; i < end; i++) vectors[i] = Math.random() + Math.random() + Math.random() + Math.random() - 2;
    await setImmediate(undefined, signal && { signal });
  }
  return vectors;
}
