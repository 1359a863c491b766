/** What searches answer with: flat arrays as the addon filled them, and rows as views into them. */

import { types } from 'node:util';
import { invalidThis, invalidType, outOfRange } from './errors.js';
import { checkInteger, MAX_K } from './validate.js';

/**
 * The neighbours of one query, best first; views into the result's arrays, of equal length. `JSON.stringify` makes
 * `[{ "id": "7", "distance": 0.25 }, …]` of it.
 */
export interface ResultRow {
  /** Ids. */
  labels: BigInt64Array;
  /** Squared Euclidean distances (`'l2'`), inner products (`'ip'`), or what the metric is. */
  distances: Float32Array;
}

/** A neighbour of a query. */
export interface Neighbour {
  /** Its id. */
  id: bigint;
  /** Its squared Euclidean distance (`'l2'`), inner product (`'ip'`), or what the metric is. */
  distance: number;
}

/** The same in JSON, which has no bigint: ids are decimal strings, NaN and infinities (of huge vectors) become null. */
export interface NeighbourInJSON {
  /** Its id, for BigInt(). */
  id: string;
  /** Its squared Euclidean distance (`'l2'`), inner product (`'ip'`), or what the metric is. */
  distance: number;
}

interface Found {
  distances: Float32Array;
  labels: BigInt64Array;
}

/**
 * Throws ERR_INVALID_THIS unless a method was called on a result of the class. A Proxy around a result is one, as long as
 * its arrays are arrays: Vue leaves them alone.
 */
function checkResult(Class: typeof SearchResult | typeof RangeSearchResult, value: unknown): void {
  if (value instanceof Class && types.isFloat32Array(value.distances) && types.isBigInt64Array(value.labels)) return;
  throw invalidThis(Class.name, value);
}

// Not in the classes: the bundler renames a class that speaks of itself.
const checkSearchResult = (value: unknown) => checkResult(SearchResult, value);
const checkRangeSearchResult = (value: unknown) => checkResult(RangeSearchResult, value);

function checkFound({ distances, labels }: Found): void {
  if (!types.isFloat32Array(distances)) throw invalidType('distances', 'a Float32Array', distances);
  if (!types.isBigInt64Array(labels)) throw invalidType('labels', 'a BigInt64Array', labels);
  if (distances.length !== labels.length) {
    throw outOfRange('distances.length', `${labels.length}, one for each label`, distances.length);
  }
}

const neighboursOf = ({ labels, distances }: ResultRow): Neighbour[] =>
  Array.from(labels, (id, i) => ({ id, distance: distances[i] as number }));

const neighboursInJSON = ({ labels, distances }: ResultRow): NeighbourInJSON[] =>
  Array.from(labels, (id, i) => ({ id: String(id), distance: distances[i] as number }));

/** Not enumerable, so that a row equals and shows as its two arrays. */
const toJSON = {
  value: function toJSON(this: ResultRow): NeighbourInJSON[] {
    return neighboursInJSON(this);
  },
  writable: true,
  configurable: true,
};

/** The entries [begin, end). */
function rowFrom({ labels, distances }: Found, begin: number, end: number): ResultRow {
  const row = { labels: labels.subarray(begin, end), distances: distances.subarray(begin, end) };
  return Object.defineProperty(row, 'toJSON', toJSON);
}

function* rowsOf(result: { nq: number; row(i: number): ResultRow }): Generator<ResultRow, void, undefined> {
  for (let i = 0; i < result.nq; i++) yield result.row(i);
}

/** The k nearest of each of nq queries. Iterating gives the rows. */
export class SearchResult implements Iterable<ResultRow> {
  /** Number of queries. */
  readonly nq: number;
  /** Neighbours asked for per query. */
  readonly k: number;
  /**
   * Size nq * k, best first in each row: distances as the metric has them, squared if it is `'l2'`. Padding:
   * 3.4028234663852886e38, negative for `'ip'`.
   */
  readonly distances: Float32Array;
  /** Size nq * k, the ids that go with `distances`; -1n where there are fewer than k. */
  readonly labels: BigInt64Array;

  constructor(k: number, distances: Float32Array, labels: BigInt64Array) {
    checkInteger('k', k, 1, MAX_K);
    checkFound({ distances, labels });
    if (labels.length % k !== 0) throw outOfRange('labels.length', `a multiple of k = ${k}`, labels.length);
    this.nq = labels.length / k;
    this.k = k;
    this.distances = distances;
    this.labels = labels;
  }

  /** The neighbours of query i, padding cut off. RangeError unless 0 <= i < nq. */
  row(i: number): ResultRow {
    checkSearchResult(this);
    checkInteger('i', i, 0, this.nq - 1);
    const begin = i * this.k;
    let end = begin + this.k;
    while (end > begin && this.labels[end - 1] === -1n) end--;
    return rowFrom(this, begin, end);
  }

  /** The rows, from query 0 on. */
  [Symbol.iterator](): Iterator<ResultRow> {
    checkSearchResult(this);
    return rowsOf(this);
  }

  /** The neighbours of each query as objects: `[[{ id: 7n, distance: 0.25 }, …], …]`, without padding. */
  toArray(): Neighbour[][] {
    checkSearchResult(this);
    return Array.from(rowsOf(this), neighboursOf);
  }

  /** What `JSON.stringify` makes of it: {@link toArray} with ids as strings. */
  toJSON(): NeighbourInJSON[][] {
    checkSearchResult(this);
    return Array.from(rowsOf(this), neighboursInJSON);
  }
}

/** All neighbours within a radius of each of nq queries. Iterating gives the rows. */
export class RangeSearchResult implements Iterable<ResultRow> {
  /** Number of queries. */
  readonly nq: number;
  /** Size nq + 1: query i has the entries [lims[i], lims[i + 1]) of `distances` and `labels`. */
  readonly lims: Float64Array;
  /** Size lims[nq], best first for each query. */
  readonly distances: Float32Array;
  /** Size lims[nq], the ids that go with `distances`. */
  readonly labels: BigInt64Array;

  constructor(lims: Float64Array, distances: Float32Array, labels: BigInt64Array) {
    if (!types.isFloat64Array(lims)) throw invalidType('lims', 'a Float64Array', lims);
    checkFound({ distances, labels });
    if (lims[0] !== 0 || lims.at(-1) !== labels.length) {
      throw outOfRange('lims', `from 0 to ${labels.length}, the number of labels`, lims);
    }
    this.nq = lims.length - 1;
    this.lims = lims;
    this.distances = distances;
    this.labels = labels;
  }

  /** The neighbours of query i. RangeError unless 0 <= i < nq. */
  row(i: number): ResultRow {
    checkRangeSearchResult(this);
    checkInteger('i', i, 0, this.nq - 1);
    return rowFrom(this, this.lims[i] as number, this.lims[i + 1] as number);
  }

  /** The rows, from query 0 on. */
  [Symbol.iterator](): Iterator<ResultRow> {
    checkRangeSearchResult(this);
    return rowsOf(this);
  }

  /** The neighbours of each query as objects: `[[{ id: 7n, distance: 0.25 }, …], …]`. */
  toArray(): Neighbour[][] {
    checkRangeSearchResult(this);
    return Array.from(rowsOf(this), neighboursOf);
  }

  /** What `JSON.stringify` makes of it: {@link toArray} with ids as strings. */
  toJSON(): NeighbourInJSON[][] {
    checkRangeSearchResult(this);
    return Array.from(rowsOf(this), neighboursInJSON);
  }
}
