/**
 * A model test: 50 000 random operations on IVF indexes with one set of centroids, and on lists of plain JavaScript that
 * say what must come of them, for every nprobe.
 *
 * Vectors are whole numbers in one of few places, so that equal distances are common and answers are exact. Ids come
 * from all of int64, some again and again; several vectors may bear one id.
 */

import { describe, expect, test } from 'vitest';
import {
  type IDSelector,
  IDSelectorBatch,
  IDSelectorNot,
  IDSelectorRange,
  IndexFlat,
  IndexIVFFlat,
  type Metric,
} from '../lib/index.js';
import { expectNeighbours, type Neighbour, PADDING } from './mirror.js';
import { Random } from './random.js';
import { readBack } from './subject.js';

const D = 3;
const NLIST = 7;
/** Few vectors at a time: the answers come from a scan in JavaScript. */
const MOST = 150;
const MAX_ID = 2n ** 63n - 1n;

interface Row {
  id: bigint;
  vector: Float32Array;
}

/** By distance, then by the smaller id; the centroids' ids are their numbers. */
function nearest(metric: Metric, query: Float32Array, rows: readonly Row[]): Neighbour[] {
  const sign = metric === 'l2' ? 1 : -1;
  const distance = (x: Float32Array) =>
    metric === 'l2'
      ? x.reduce((sum, a, j) => sum + (a - query[j]!) ** 2, 0)
      : x.reduce((sum, a, j) => sum + a * query[j]!, 0);
  return rows
    .map(({ id, vector }) => ({ id, distance: distance(vector) }))
    .sort((a, b) => sign * (a.distance - b.distance) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

class Model {
  lists: Row[][] = Array.from({ length: NLIST }, () => []);

  constructor(
    readonly metric: Metric,
    readonly centroids: readonly Row[],
  ) {}

  get rows(): Row[] {
    return this.lists.flat();
  }

  add(id: bigint, vector: Float32Array): void {
    this.lists[Number(nearest(this.metric, vector, this.centroids)[0]!.id)]!.push({ id, vector });
  }

  remove(member: (id: bigint) => boolean): number {
    const before = this.rows.length;
    this.lists = this.lists.map((rows) => rows.filter(({ id }) => !member(id)));
    return before - this.rows.length;
  }

  /** All in the nprobe nearest lists. */
  near(query: Float32Array, nprobe: number): Neighbour[] {
    const visited = nearest(this.metric, query, this.centroids).slice(0, nprobe);
    return nearest(
      this.metric,
      query,
      visited.flatMap(({ id }) => this.lists[Number(id)]!),
    );
  }

  /** What the next vector without an id gets. */
  nextId(): bigint {
    return this.rows.reduce((largest, { id }) => (id > largest ? id : largest), -1n) + 1n;
  }
}

/** One run of operations; each compares what it can. */
class Run {
  readonly random: Random;
  readonly centroids: Row[];
  index: IndexIVFFlat;
  model: Model;

  constructor(
    readonly metric: Metric,
    seed: number,
  ) {
    this.random = new Random(seed);
    this.centroids = Array.from({ length: NLIST }, (_, i) => ({
      id: BigInt(i),
      vector: this.random.integers(D, -3, 3),
    }));
    this.index = this.make();
    this.model = new Model(metric, this.centroids);
  }

  make(): IndexIVFFlat {
    const quantizer = new IndexFlat(D, { metric: this.metric });
    for (const { vector } of this.centroids) quantizer.addSync(vector);
    return new IndexIVFFlat(D, NLIST, { metric: this.metric, quantizer, sketch: this.random.next() < 0.5 });
  }

  /** An id that is there, mostly. */
  id(): bigint {
    const { rows } = this.model;
    return rows.length > 0 && this.random.next() < 0.8
      ? rows[this.random.integer(0, rows.length - 1)]!.id
      : this.random.id();
  }

  newRows(): Row[] {
    return Array.from({ length: this.random.integer(0, 4) }, () => ({
      id: this.random.next() < 0.2 ? this.id() : this.random.id(),
      vector: this.random.integers(D, -2, 2),
    })).map((row) => (row.id === -1n ? { ...row, id: 0n } : row));
  }

  addTo(index: IndexIVFFlat, rows: readonly Row[]): void {
    const vectors = Float32Array.from(rows.flatMap(({ vector }) => [...vector]));
    index.addWithIdsSync(
      vectors,
      rows.map(({ id }) => id),
    );
  }

  add(): void {
    const rows = this.newRows();
    this.addTo(this.index, rows);
    for (const { id, vector } of rows) this.model.add(id, vector);
  }

  addNumbered(): void {
    const rows = this.newRows();
    const vectors = Float32Array.from(rows.flatMap(({ vector }) => [...vector]));
    let next = this.model.nextId();
    if (next + BigInt(rows.length) - 1n > MAX_ID) {
      expect(() => this.index.addSync(vectors)).toThrow(/use addWithIds/);
      return;
    }
    this.index.addSync(vectors);
    for (const { vector } of rows) this.model.add(next++, vector);
  }

  refusedAdd(): void {
    const ids = [this.random.id(), -1n];
    expect(() => this.index.addWithIdsSync(this.random.integers(2 * D), ids)).toThrow('ids[1]');
  }

  search(): void {
    const [query, k] = [this.random.integers(D, -2, 2), this.random.integer(1, 12)];
    const nprobe = this.random.integer(1, NLIST + 2);
    const best = this.model.near(query, nprobe).slice(0, k);
    while (best.length < k) best.push({ id: -1n, distance: PADDING[this.metric] });
    expectNeighbours(this.index.searchSync(query, k, { nprobe }), best);
  }

  filteredSearch(): void {
    const [min, max, query] = [this.random.integer(-100, 500), this.random.integer(0, 1000), this.random.integers(D)];
    const nprobe = this.random.integer(1, NLIST);
    const best = this.model.near(query, nprobe).filter(({ id }) => id >= min && id < max);
    const found = this.index.searchSync(query, MOST * 2, { filter: new IDSelectorRange(min, max), nprobe });
    expectNeighbours(found.row(0), best);
  }

  rangeSearch(): void {
    const [radius, query] = [this.random.integer(-5, 20), this.random.integers(D, -2, 2)];
    this.index.nprobe = this.random.integer(1, NLIST);
    const l2 = this.metric === 'l2';
    const near = this.model
      .near(query, this.index.nprobe)
      .filter(({ distance }) => (l2 ? distance < radius : distance > radius));
    expectNeighbours(this.index.rangeSearchSync(query, radius), near);
  }

  remove(): void {
    const ids = Array.from({ length: this.random.integer(0, 3) }, () => this.id());
    expect(this.index.removeIdsSync(ids)).toBe(this.model.remove((id) => ids.includes(id)));
  }

  removeBy(selector: IDSelector, member: (id: bigint) => boolean): void {
    expect(this.index.removeIdsSync(selector)).toBe(this.model.remove(member));
  }

  removeRange(): void {
    const min = this.random.integer(-1000, 1000);
    const max = min + this.random.integer(0, 40);
    this.removeBy(new IDSelectorRange(min, max), (id) => id >= min && id < max);
  }

  /** All but some. */
  thin(): void {
    const kept = this.model.rows.filter(() => this.random.next() < 0.5).map(({ id }) => id);
    this.removeBy(new IDSelectorNot(new IDSelectorBatch(kept)), (id) => !kept.includes(id));
  }

  reconstruct(): void {
    const id = this.id();
    const vectors = this.model.rows.filter((row) => row.id === id).map(({ vector }) => vector.join());
    expect(this.index.hasSync(id)).toBe(vectors.length > 0);
    if (vectors.length === 0) expect(() => this.index.reconstructSync(id)).toThrow(RangeError);
    else expect(vectors).toContain(this.index.reconstructSync(id).join());
  }

  merge(): void {
    const other = this.make();
    const rows = this.newRows();
    const addId = BigInt(this.random.integer(-20, 20));
    this.addTo(other, rows);
    const moved = rows.map(({ id, vector }) => ({ id: id + addId, vector }));
    if (moved.some(({ id }) => id === -1n || BigInt.asIntN(64, id) !== id)) {
      expect(() => this.index.mergeFromSync(other, addId)).toThrow('"addId"');
      expect(other.ntotal).toBe(rows.length);
      return;
    }
    this.index.mergeFromSync(other, addId);
    for (const { id, vector } of moved) this.model.add(id, vector);
    expect(other.ntotal).toBe(0);
  }

  /** The other way round: goes on with what everything was moved into. */
  mergeAway(): void {
    const other = this.make();
    other.mergeFromSync(this.index);
    this.index = other;
  }

  reset(): void {
    this.index.resetSync();
    this.model.remove(() => true);
  }

  step(): void {
    const draw = this.random.next();
    if (this.model.rows.length > MOST) this.thin();
    if (draw < 0.25) this.add();
    else if (draw < 0.3) this.addNumbered();
    else if (draw < 0.55) this.search();
    else if (draw < 0.6) this.filteredSearch();
    else if (draw < 0.66) this.rangeSearch();
    else if (draw < 0.78) this.remove();
    else if (draw < 0.8) this.removeRange();
    else if (draw < 0.92) this.reconstruct();
    else if (draw < 0.96) this.merge();
    else if (draw < 0.97) this.mergeAway();
    else if (draw < 0.975) this.refusedAdd();
    else if (draw < 0.999) this.index = readBack(this.index) as IndexIVFFlat;
    else this.reset();
    const sizes = this.model.lists.map((rows) => rows.length);
    if (this.index.listSizesSync().join() !== sizes.join()) expect([...this.index.listSizesSync()]).toEqual(sizes);
  }
}

describe('an IVF index is a list of lists that can be searched', () => {
  test.each([
    ['l2', 1],
    ['l2', 2],
    ['ip', 3],
    ['ip', 4],
    ['l2', 5],
  ] as const)('10 000 operations, %s, seed %i', (metric, seed) => {
    const run = new Run(metric, seed);
    let most = 0;
    for (let i = 0; i < 10_000; i++) {
      run.step();
      most = Math.max(most, run.model.rows.length);
    }
    expect(most).toBeGreaterThan(50);
  });
});
