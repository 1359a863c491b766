/** A way to make an index, with what the contract suite must know of it. */

import { expect } from 'vitest';
import { deserializeIndexSync, type Index, type Metric, type SearchResult, serializeIndexSync } from '../lib/index.js';
import { type Found, Mirror } from './mirror.js';
import { Random } from './random.js';

export interface Subject {
  readonly metric: Metric;
  /** Takes the caller's ids (`addWithIds`); else ids are positions (`add`). */
  readonly mapped: boolean;
  /** Takes ids, but numbers vectors that come without. */
  readonly numbers: boolean;
  /** Scales vectors and queries to length 1. */
  readonly normalizes: boolean;
  /** A new, empty index. */
  make(d: number): Index;
  /** What to do with a filled index before it is looked at: nothing, or write and read it back. */
  settle(index: Index): Index;
}

/** An index and its mirror, filled with the same vectors. */
export interface Filled {
  index: Index;
  mirror: Mirror;
  random: Random;
}

export const readBack = (index: Index): Index => deserializeIndexSync(serializeIndexSync(index));

/**
 * n vectors whose distances come out exactly in float32, for comparison with ==. Integers as a rule; where the index
 * normalises: zero, or 1, 4 or 16 components of equal size, whose length is a whole multiple of that size.
 */
export function exactVectors(subject: Subject, random: Random, n: number, d: number): Float32Array {
  if (!subject.normalizes) return random.integers(n * d);
  const vectors = new Float32Array(n * d);
  const counts = [0, 1, 4, 16].filter((count) => count <= d);
  for (let i = 0; i < n; i++) {
    const count = counts[random.integer(0, counts.length - 1)]!;
    const size = random.integer(1, 5);
    const start = random.integer(0, d - count);
    for (let j = start; j < start + count; j++) vectors[i * d + j] = random.next() < 0.5 ? size : -size;
  }
  return vectors;
}

/** What the index keeps of {@link exactVectors}. */
export function stored(subject: Subject, vectors: Float32Array, d: number): Float32Array {
  if (!subject.normalizes) return vectors;
  const out = Float32Array.from(vectors);
  for (let begin = 0; begin < out.length; begin += d) {
    const row = out.subarray(begin, begin + d);
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) || 1;
    row.forEach((x, j) => {
      row[j] = x / length;
    });
  }
  return out;
}

/** Adds vectors in the way of the index. */
export function put(subject: Subject, index: Index, vectors: Float32Array, ids: BigInt64Array): void {
  if (subject.mapped) index.addWithIdsSync(vectors, ids);
  else index.addSync(vectors);
}

export function putAsync(subject: Subject, index: Index, vectors: Float32Array, ids: BigInt64Array): Promise<void> {
  return subject.mapped ? index.addWithIds(vectors, ids) : index.add(vectors);
}

/** n vectors of d exact components under random ids. */
export function fill(subject: Subject, n: number, d: number, seed = 1): Filled {
  const random = new Random(seed);
  const index = subject.make(d);
  const mirror = new Mirror(d, subject.metric, !subject.mapped);
  const vectors = exactVectors(subject, random, n, d);
  const ids = random.ids(n);
  put(subject, index, vectors, ids);
  mirror.add(stored(subject, vectors, d), ids);
  return { index: subject.settle(index), mirror, random };
}

/** n vectors of inexact floats: for comparing the bits of two ways to the same answer. */
export function fillFloats(subject: Subject, n: number, d: number, seed = 1): { index: Index; random: Random } {
  const random = new Random(seed);
  const index = subject.make(d);
  put(subject, index, random.floats(n * d), random.ids(n));
  return { index: subject.settle(index), random };
}

interface Bits {
  labels: BigInt64Array;
  distances: Float32Array;
}

/** The same ids and the same bits of distances. */
export function expectSameBits(found: Bits, expected: Bits): void {
  if (sameBytes(found.labels, expected.labels) && sameBytes(found.distances, expected.distances)) return;
  expect(found.labels).toEqual(expected.labels);
  expect([...found.distances]).toEqual([...expected.distances]);
  expect.fail('the distances are equal, but their bits are not'); // another NaN
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return bytes(a).equals(bytes(b));
}

interface Listed {
  labels: Iterable<bigint>;
  distances: Iterable<number>;
  lims?: Iterable<number>;
}

/** Expects an answer of the index to be what the mirror says. */
export function expectFound(found: Listed, expected: Found & { lims?: number[] }, title?: string): void {
  const lists = Object.keys(expected) as (keyof Listed)[];
  // Millions of numbers are compared: only where they differ, by what shows how.
  if (lists.every((list) => sameList([...found[list]!], expected[list] as unknown[]))) return;
  expect(Object.fromEntries(lists.map((list) => [list, [...found[list]!]])), title).toEqual(expected);
}

/** Of numbers or bigints; -0 is not 0. */
export function sameList(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** The lists of a result. */
export function plain({ labels, distances }: SearchResult): Found {
  return { labels: [...labels], distances: [...distances] };
}
