/**
 * What an index must answer, by plain JavaScript in double precision: a list of ids and vectors, scanned and sorted.
 */

import { expect } from 'vitest';
import type { Metric } from '../lib/index.js';

/** -1 where larger is nearer. */
export const SIGN: Record<Metric, number> = { l2: 1, ip: -1, l1: 1, linf: 1 };
const FARTHEST = 3.4028234663852886e38;
export const PADDING: Record<Metric, number> = { l2: FARTHEST, ip: -FARTHEST, l1: FARTHEST, linf: FARTHEST };
/** What a component adds to a distance. */
const STEPS: Record<Metric, (sum: number, x: number, y: number) => number> = {
  l2: (sum, x, y) => sum + (x - y) ** 2,
  ip: (sum, x, y) => sum + x * y,
  l1: (sum, x, y) => sum + Math.abs(x - y),
  linf: (sum, x, y) => Math.max(sum, Math.abs(x - y)),
};

export interface Found {
  labels: bigint[];
  distances: number[];
}

export interface Neighbour {
  id: bigint;
  distance: number;
}

/** Compares without the cost of `toEqual` while all is well. */
export function expectNeighbours(
  found: { labels: BigInt64Array; distances: Float32Array },
  expected: Neighbour[],
): void {
  const same =
    found.labels.length === expected.length &&
    expected.every(({ id, distance }, i) => found.labels[i] === id && found.distances[i] === distance);
  if (!same)
    expect(found).toEqual({ labels: expected.map(({ id }) => id), distances: expected.map((e) => e.distance) });
}

export class Mirror {
  ids: bigint[] = [];
  vectors: Float32Array[] = [];
  /** All neighbours of a query, by its components; forgotten at every change. */
  readonly #sortings = new Map<string, Neighbour[]>();

  constructor(
    readonly d: number,
    readonly metric: Metric,
    /** Ids are positions, and are renumbered by removal. */
    readonly numbered: boolean,
  ) {}

  get ntotal(): number {
    return this.ids.length;
  }

  add(vectors: Float32Array, ids?: BigInt64Array): void {
    this.#sortings.clear();
    for (let i = 0; i < vectors.length / this.d; i++) {
      this.ids.push(this.numbered ? BigInt(this.ids.length) : ids![i]!);
      this.vectors.push(vectors.slice(i * this.d, (i + 1) * this.d));
    }
  }

  remove(member: (id: bigint) => boolean): number {
    this.#sortings.clear();
    const keep = this.ids.map((id) => !member(id));
    const removed = keep.filter((kept) => !kept).length;
    this.vectors = this.vectors.filter((_, i) => keep[i]);
    this.ids = this.ids.filter((_, i) => keep[i]);
    if (this.numbered) this.ids = this.ids.map((_, i) => BigInt(i));
    return removed;
  }

  /** The vector added last under this id. */
  vector(id: bigint): Float32Array | undefined {
    return this.vectors[this.ids.lastIndexOf(id)];
  }

  /** A copy of the first n entries. */
  prefix(n: number): Mirror {
    const part = new Mirror(this.d, this.metric, this.numbered);
    part.ids = this.ids.slice(0, n);
    part.vectors = this.vectors.slice(0, n);
    return part;
  }

  search(queries: Float32Array, k: number, member: (id: bigint) => boolean = () => true): Found {
    return this.#answer(queries, (found) => {
      const best = found.filter(({ id }) => member(id)).slice(0, k);
      const padding = Array.from({ length: k - best.length }, () => ({ id: -1n, distance: PADDING[this.metric] }));
      return [...best, ...padding];
    });
  }

  rangeSearch(
    queries: Float32Array,
    radius: number,
    member: (id: bigint) => boolean = () => true,
  ): Found & { lims: number[] } {
    const lims = [0];
    const near = ({ distance }: Neighbour) => SIGN[this.metric] * distance < SIGN[this.metric] * radius;
    const found = this.#answer(queries, (all) => {
      const part = all.filter((one) => member(one.id) && near(one));
      lims.push(lims.at(-1)! + part.length);
      return part;
    });
    return { lims, ...found };
  }

  #answer(queries: Float32Array, choose: (sorted: Neighbour[]) => Neighbour[]): Found {
    const found: Neighbour[] = [];
    for (let q = 0; q < queries.length; q += this.d)
      found.push(...choose(this.#sorted(queries.subarray(q, q + this.d))));
    return { labels: found.map(({ id }) => id), distances: found.map(({ distance }) => distance) };
  }

  #sorted(query: Float32Array): Neighbour[] {
    const key = query.join();
    const sorting = this.#sortings.get(key) ?? this.#sort(query);
    this.#sortings.set(key, sorting);
    return sorting;
  }

  #sort(query: Float32Array): Neighbour[] {
    const sign = SIGN[this.metric];
    return this.vectors
      .map((vector, i) => ({ id: this.ids[i]!, distance: this.#distance(query, vector) }))
      .sort((a, b) => sign * (a.distance - b.distance) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  #distance(x: Float32Array, y: Float32Array): number {
    let sum = 0;
    for (let j = 0; j < this.d; j++) sum = STEPS[this.metric](sum, x[j]!, y[j]!);
    return sum;
  }
}
