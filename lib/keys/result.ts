/** What searches of an `IndexKeyMap` answer with. The keys stay packed, as the addon gave them, until somebody asks. */

import { types } from 'node:util';
import { invalidThis, invalidType, outOfRange } from '../errors.js';
import { checkInteger, MAX_K } from '../validate.js';
import { keysBetween } from './unpack.js';

/** The neighbours of one query, best first. `JSON.stringify` makes `[{ "key": "a", "distance": 0.25 }, …]` of it. */
export interface KeyResultRow {
  /** Their keys. */
  keys: string[];
  /** Squared Euclidean distances (`'l2'`), inner products (`'ip'`), or what the metric is; as many. */
  distances: Float32Array;
}

/** A neighbour of a query. */
export interface KeyNeighbour {
  /** Its key. */
  key: string;
  /** Its squared Euclidean distance (`'l2'`), inner product (`'ip'`), or what the metric is. */
  distance: number;
}

type Result = KeySearchResult | KeyRangeSearchResult;

/** As checkResult of result.ts: a Proxy around a result is one. */
function checkResult(Class: typeof KeySearchResult | typeof KeyRangeSearchResult, value: unknown): void {
  if (value instanceof Class && types.isFloat32Array(value.distances) && types.isUint8Array(value.packed)) return;
  throw invalidThis(Class.name, value);
}

// Not in the classes: the bundler renames a class that speaks of itself.
const checkSearchResult = (value: unknown) => checkResult(KeySearchResult, value);
const checkRangeSearchResult = (value: unknown) => checkResult(KeyRangeSearchResult, value);

function checkFound(distances: Float32Array, packed: Uint8Array): void {
  if (!types.isFloat32Array(distances)) throw invalidType('distances', 'a Float32Array', distances);
  if (!types.isUint8Array(packed)) throw invalidType('packed', 'a Uint8Array', packed);
}

const neighboursOf = ({ keys, distances }: KeyResultRow): KeyNeighbour[] =>
  keys.map((key, i) => ({ key, distance: distances[i] as number }));

/** Not enumerable, so that a row equals and shows as its two arrays. */
const toJSON = {
  value: function toJSON(this: KeyResultRow): KeyNeighbour[] {
    return neighboursOf(this);
  },
  writable: true,
  configurable: true,
};

/** The entries [begin, end), up to padding. */
function rowFrom({ packed, distances }: Result, begin: number, end: number): KeyResultRow {
  const keys = keysBetween(packed, distances.length, begin, end);
  return Object.defineProperty({ keys, distances: distances.subarray(begin, begin + keys.length) }, 'toJSON', toJSON);
}

function* rowsOf(result: Result): Generator<KeyResultRow, void, undefined> {
  for (let i = 0; i < result.nq; i++) yield result.row(i);
}

/** The k nearest of each of nq queries. Iterating gives the rows. */
export class KeySearchResult implements Iterable<KeyResultRow> {
  /** Number of queries. */
  readonly nq: number;
  /** Neighbours asked for per query. */
  readonly k: number;
  /** Size nq * k, as of a `SearchResult`; padded in the same way. */
  readonly distances: Float32Array;
  /** The keys that go with `distances`, packed; {@link keys} reads them. The constructor makes a result of it again. */
  readonly packed: Uint8Array;

  constructor(k: number, distances: Float32Array, packed: Uint8Array) {
    checkInteger('k', k, 1, MAX_K);
    checkFound(distances, packed);
    if (distances.length % k !== 0) throw outOfRange('distances.length', `a multiple of k = ${k}`, distances.length);
    this.nq = distances.length / k;
    this.k = k;
    this.distances = distances;
    this.packed = packed;
  }

  /** The keys of the neighbours of query i, best first, padding cut off. RangeError unless 0 <= i < nq. */
  keys(i: number): string[] {
    checkSearchResult(this);
    checkInteger('i', i, 0, this.nq - 1);
    return keysBetween(this.packed, this.distances.length, i * this.k, (i + 1) * this.k);
  }

  /** The neighbours of query i, padding cut off. RangeError unless 0 <= i < nq. */
  row(i: number): KeyResultRow {
    checkSearchResult(this);
    checkInteger('i', i, 0, this.nq - 1);
    return rowFrom(this, i * this.k, (i + 1) * this.k);
  }

  /** The rows, from query 0 on. */
  [Symbol.iterator](): Iterator<KeyResultRow> {
    checkSearchResult(this);
    return rowsOf(this);
  }

  /** The neighbours of each query as objects: `[[{ key: 'a', distance: 0.25 }, …], …]`, without padding. */
  toArray(): KeyNeighbour[][] {
    checkSearchResult(this);
    return Array.from(rowsOf(this), neighboursOf);
  }

  /** What `JSON.stringify` makes of it: {@link toArray}. */
  toJSON(): KeyNeighbour[][] {
    checkSearchResult(this);
    return Array.from(rowsOf(this), neighboursOf);
  }
}

/** All neighbours within a radius of each of nq queries. Iterating gives the rows. */
export class KeyRangeSearchResult implements Iterable<KeyResultRow> {
  /** Number of queries. */
  readonly nq: number;
  /** Size nq + 1: query i has the entries [lims[i], lims[i + 1]) of `distances`, and as many keys. */
  readonly lims: Float64Array;
  /** Size lims[nq], best first for each query; as of a `RangeSearchResult`. */
  readonly distances: Float32Array;
  /** The keys that go with `distances`, packed; {@link keys} reads them. The constructor makes a result of it again. */
  readonly packed: Uint8Array;

  constructor(lims: Float64Array, distances: Float32Array, packed: Uint8Array) {
    if (!types.isFloat64Array(lims)) throw invalidType('lims', 'a Float64Array', lims);
    checkFound(distances, packed);
    if (lims[0] !== 0 || lims.at(-1) !== distances.length) {
      throw outOfRange('lims', `from 0 to ${distances.length}, the number of distances`, lims);
    }
    this.nq = lims.length - 1;
    this.lims = lims;
    this.distances = distances;
    this.packed = packed;
  }

  /** The keys of the neighbours of query i, best first. RangeError unless 0 <= i < nq. */
  keys(i: number): string[] {
    checkRangeSearchResult(this);
    return this.row(i).keys;
  }

  /** The neighbours of query i. RangeError unless 0 <= i < nq. */
  row(i: number): KeyResultRow {
    checkRangeSearchResult(this);
    checkInteger('i', i, 0, this.nq - 1);
    return rowFrom(this, this.lims[i] as number, this.lims[i + 1] as number);
  }

  /** The rows, from query 0 on. */
  [Symbol.iterator](): Iterator<KeyResultRow> {
    checkRangeSearchResult(this);
    return rowsOf(this);
  }

  /** The neighbours of each query as objects: `[[{ key: 'a', distance: 0.25 }, …], …]`. */
  toArray(): KeyNeighbour[][] {
    checkRangeSearchResult(this);
    return Array.from(rowsOf(this), neighboursOf);
  }

  /** What `JSON.stringify` makes of it: {@link toArray}. */
  toJSON(): KeyNeighbour[][] {
    checkRangeSearchResult(this);
    return Array.from(rowsOf(this), neighboursOf);
  }
}
