/**
 * A model test: 100 000 random operations on an IndexIDMap and on a JavaScript Map that says what must come of them.
 *
 * Vectors are whole numbers in one of few places, so that equal distances are common and answers are exact. Ids come
 * from all of int64, some again and again; several vectors may bear one id.
 */

import { describe, expect, test } from 'vitest';
import { IDSelectorRange, IndexFlatIP, IndexFlatL2, IndexIDMap, type Metric } from '../lib/index.js';
import { expectNeighbours, type Neighbour, PADDING } from './mirror.js';
import { Random } from './random.js';
import { readBack } from './subject.js';

const D = 3;
/** Few vectors at a time: the answers come from a scan in JavaScript. */
const MOST = 120;

class Model {
  /** Every id with its vectors, the one added last at the end. */
  readonly vectors = new Map<bigint, Float32Array[]>();
  ntotal = 0;

  constructor(readonly metric: Metric) {}

  add(id: bigint, vector: Float32Array): void {
    this.vectors.set(id, [...(this.vectors.get(id) ?? []), vector]);
    this.ntotal++;
  }

  remove(member: (id: bigint) => boolean): number {
    let count = 0;
    for (const [id, vectors] of this.vectors) {
      if (!member(id)) continue;
      this.vectors.delete(id);
      count += vectors.length;
    }
    this.ntotal -= count;
    return count;
  }

  near(query: Float32Array): Neighbour[] {
    const sign = this.metric === 'l2' ? 1 : -1;
    const all = [...this.vectors].flatMap(([id, vectors]) =>
      vectors.map((vector) => ({ id, distance: this.distance(query, vector) })),
    );
    return all.sort((a, b) => sign * (a.distance - b.distance) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  distance(x: Float32Array, y: Float32Array): number {
    if (this.metric === 'l2') return x.reduce((sum, a, j) => sum + (a - y[j]!) ** 2, 0);
    return x.reduce((sum, a, j) => sum + a * y[j]!, 0);
  }
}

/** One run of operations; each compares what it can. */
class Run {
  map: IndexIDMap;
  readonly model: Model;
  readonly random: Random;

  constructor(metric: Metric, seed: number) {
    this.map = new IndexIDMap(metric === 'l2' ? new IndexFlatL2(D) : new IndexFlatIP(D));
    this.model = new Model(metric);
    this.random = new Random(seed);
  }

  /** An id that is there, mostly. */
  id(): bigint {
    const ids = [...this.model.vectors.keys()];
    return ids.length > 0 && this.random.next() < 0.8 ? ids[this.random.integer(0, ids.length - 1)]! : this.random.id();
  }

  add(): void {
    const n = this.random.integer(0, 3);
    const vectors = this.random.integers(n * D, -2, 2);
    const ids = Array.from({ length: n }, () => (this.random.next() < 0.2 ? this.id() : this.random.id()));
    this.map.addWithIdsSync(vectors, this.random.next() < 0.5 ? ids : BigInt64Array.from(ids));
    ids.forEach((id, i) => {
      this.model.add(id, vectors.slice(i * D, (i + 1) * D));
    });
  }

  refusedAdd(): void {
    const ids = [this.random.id(), -1n];
    expect(() => this.map.addWithIdsSync(this.random.integers(2 * D), ids)).toThrow('ids[1]');
  }

  search(): void {
    const [query, k] = [this.random.integers(D, -2, 2), this.random.integer(1, 12)];
    const best: Neighbour[] = this.model.near(query).slice(0, k);
    while (best.length < k) best.push({ id: -1n, distance: PADDING[this.model.metric] });
    expectNeighbours(this.map.searchSync(query, k), best);
  }

  filteredSearch(): void {
    const [min, max, query] = [this.random.integer(-100, 500), this.random.integer(0, 1000), this.random.integers(D)];
    const best = this.model.near(query).filter(({ id }) => id >= min && id < max);
    const found = this.map.searchSync(query, MOST * 2, { filter: new IDSelectorRange(min, max) });
    expectNeighbours(found.row(0), best);
  }

  rangeSearch(): void {
    const [radius, query] = [this.random.integer(-5, 20), this.random.integers(D, -2, 2)];
    const l2 = this.model.metric === 'l2';
    const near = this.model.near(query).filter(({ distance }) => (l2 ? distance < radius : distance > radius));
    expectNeighbours(this.map.rangeSearchSync(query, radius), near);
  }

  remove(): void {
    const ids = Array.from({ length: this.random.integer(0, 3) }, () => this.id());
    expect(this.map.removeIdsSync(ids)).toBe(this.model.remove((id) => ids.includes(id)));
  }

  removeRange(): void {
    const min = this.random.integer(-1000, 1000);
    const max = min + this.random.integer(0, 30);
    expect(this.map.removeIdsSync(new IDSelectorRange(min, max))).toBe(
      this.model.remove((id) => id >= min && id < max),
    );
  }

  reconstruct(): void {
    const id = this.id();
    const vector = this.model.vectors.get(id)?.at(-1);
    expect(this.map.hasSync(id)).toBe(vector !== undefined);
    if (vector === undefined) expect(() => this.map.reconstructSync(id)).toThrow(RangeError);
    else if (this.model.distance(this.map.reconstructSync(id), vector) !== this.model.distance(vector, vector)) {
      expect(this.map.reconstructSync(id)).toEqual(vector);
    }
  }

  step(): void {
    const draw = this.random.next();
    if (this.model.ntotal > MOST) this.removeRange();
    if (draw < 0.35) this.add();
    else if (draw < 0.55) this.search();
    else if (draw < 0.6) this.filteredSearch();
    else if (draw < 0.65) this.rangeSearch();
    else if (draw < 0.8) this.remove();
    else if (draw < 0.82) this.removeRange();
    else if (draw < 0.98) this.reconstruct();
    else if (draw < 0.99) this.refusedAdd();
    else if (draw < 0.999) this.map = readBack(this.map) as IndexIDMap;
    else this.reset();
    if (this.map.ntotal !== this.model.ntotal) expect(this.map.ntotal).toBe(this.model.ntotal);
  }

  reset(): void {
    this.map.resetSync();
    this.model.remove(() => true);
  }
}

describe('an IndexIDMap is a Map that can be searched', () => {
  test.each([
    ['l2', 1],
    ['l2', 2],
    ['ip', 3],
    ['ip', 4],
  ] as const)('25 000 operations, %s, seed %i', (metric, seed) => {
    const run = new Run(metric, seed);
    let most = 0;
    for (let i = 0; i < 25_000; i++) {
      run.step();
      most = Math.max(most, run.model.ntotal);
    }
    expect(most).toBeGreaterThan(20);
  });
});
