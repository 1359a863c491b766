/**
 * The surface of the addon, typed, and the addon as loader.ts found it.
 *
 * The surface is made of plain functions over opaque, type-tagged handles. `lib/` validates for messages; the addon
 * validates everything again for memory safety and throws the same classes and codes, so that it is safe whoever
 * calls it.
 *
 * Conventions of the surface:
 * - Vectors are `Float32Array` of a whole number of rows. Asynchronous functions copy their input before they return, or move it
 *   ({@link Native.token}).
 * - Keys are *packed* in a `Uint8Array`: for each its length in bytes, as LEB128, and its UTF-8. A length of 65 537 in an answer,
 *   with no bytes behind it, means that there is no neighbour.
 * - A `token` of `undefined` means: cannot be aborted. A fired token makes the promise reject with code `ABORT_ERR`.
 * - Failed asynchronous calls reject; they never throw, except where noted.
 */

import { traced } from './diagnostics.js';
import type { IndexBytes } from './index_stats.js';
import { load } from './loader.js';
import { inThisRealm, ownError } from './realm.js';

/** An index inside the addon. Several handles may name one index (see {@link Native.inner}). */
export interface NativeIndex {
  readonly __voronodeIndex: never;
}

/** Bytes inside the addon. */
export interface NativeBytes {
  readonly __voronodeBytes: never;
  readonly length: number;
}

/** A flag that stops running work. */
export interface NativeToken {
  readonly __voronodeToken: never;
}

/** What tells the addon that selectors are the same. */
export interface NativeSharing {
  readonly __voronodeSharing: never;
}

/** A selector that is read and built for the first search with it; the addon keeps those used last. */
export interface NativeSharedSelector {
  by: NativeSharing;
  of: NativeSelector;
}

/** What a search may take as a filter. */
export type NativeFilter = NativeSelector | NativeSharedSelector;

/** 0: inner product, 1: squared L2, 2: L1, 3: Linf; the numbers of Faiss. */
export type NativeMetric = 0 | 1 | 2 | 3;

/** A set of ids as the addon takes it; trees up to 64 deep. */
export type NativeSelector =
  | { type: 'range'; min: bigint; max: bigint }
  | { type: 'batch'; ids: BigInt64Array }
  | { type: 'bitmap'; bits: Uint8Array }
  | { type: 'keys'; keys: Uint8Array }
  | { type: 'not'; of: NativeSelector }
  | { type: 'and' | 'or' | 'xor'; a: NativeSelector; b: NativeSelector };

/** Called on this thread while a synchronous search runs, about each id once at the most. Its boolean counts. */
export type NativeFilterFunction = (id: bigint) => boolean;

/** The same of a map of keys. */
export type NativeKeyFilterFunction = (key: string) => boolean;

export interface NativeSearchResult {
  distances: Float32Array;
  labels: BigInt64Array;
  /** Of a map of keys: the keys, packed, nq * k of them; what the labels are then, nobody should ask. */
  keys?: Uint8Array;
}

export interface NativeRangeResult {
  /** Size nq + 1. */
  lims: Float64Array;
  distances: Float32Array;
  labels: BigInt64Array;
  /** Of a map of keys, as of a search: lims[nq] of them. */
  keys?: Uint8Array;
}

/** What a search of some indexes can be told; declared by their kinds in C++. */
export interface NativeParameter {
  name: string;
  /** Whether its values are whole numbers. */
  integer: boolean;
  min: number;
  max: number;
}

/** Values of an index's parameters, in the order of {@link Native.searchParameters}; undefined: not chosen. */
export type NativeSearchParams = readonly (number | undefined)[];

/** What a caller chooses of a clustering; what is undefined is the kind's own default. */
export interface NativeClustering {
  niter?: number | undefined;
  nredo?: number | undefined;
  spherical?: boolean | undefined;
  seed?: number | undefined;
  minPointsPerCentroid?: number | undefined;
  maxPointsPerCentroid?: number | undefined;
}

/**
 * Called between the iterations of a clustering, some time after they are done. If it throws, the work ends, and the
 * promise rejects with what it threw.
 */
export type NativeProgress = (
  run: number,
  runs: number,
  iteration: number,
  iterations: number,
  objective: number,
  imbalance: number,
  splits: number,
) => void;

/** How an operation ran. */
export interface NativeRunTimes {
  /** Calls that shared the run, this one included. */
  merged: number;
  queuedMs: number;
  runMs: number;
}

export interface NativeKMeans {
  /** k × d. */
  centroids: Float32Array;
  /** Size n. */
  assignments: Uint32Array;
  /** A number per iteration. */
  objective: Float64Array;
  /** Fewer than minPointsPerCentroid vectors per centroid. */
  fewPoints: boolean;
}

export interface Native {
  // Making
  flat(d: number, metric: NativeMetric, sketch: boolean): NativeIndex;
  /**
   * Wraps `inner`; from then on `inner` changes only through the map. `second`: named IndexIDMap2 (tag IxM2 in
   * files).
   */
  idMap(inner: NativeIndex, second: boolean): NativeIndex;
  /** The same with keys for ids. */
  keyMap(inner: NativeIndex): NativeIndex;
  /** `quantizer`: a flat index, empty or with nlist vectors; from then on it changes only through the new index. */
  ivfFlat(
    d: number,
    nlist: number,
    metric: NativeMetric,
    sketch: boolean,
    quantizer: NativeIndex | undefined,
  ): NativeIndex;
  /** `code`: Faiss's number of the type of scalar quantizer. */
  scalarQuantizer(d: number, code: number, metric: NativeMetric): NativeIndex;
  ivfScalarQuantizer(
    d: number,
    nlist: number,
    code: number,
    metric: NativeMetric,
    byResidual: boolean,
    quantizer: NativeIndex | undefined,
  ): NativeIndex;
  /** Wraps `base`; from then on `base` changes only through the new index. `code`: as above; undefined: float32. */
  refine(base: NativeIndex, code: number | undefined): NativeIndex;
  factory(d: number, description: string, metric: NativeMetric): NativeIndex;

  // Looking. These never wait, whatever runs on the index.
  kind(index: NativeIndex): string;
  d(index: NativeIndex): number;
  metric(index: NativeIndex): NativeMetric;
  ntotal(index: NativeIndex): number;
  isTrained(index: NativeIndex): boolean;
  removed(index: NativeIndex): number;
  memoryUse(index: NativeIndex): Omit<IndexBytes, 'total'>;
  /** A new handle of the wrapped index, or undefined. */
  inner(index: NativeIndex): NativeIndex | undefined;
  /** True once a wrapper owns the index. */
  wrapped(index: NativeIndex): boolean;

  /** The parameters of its searches, its own and those of what it wraps. */
  searchParameters(index: NativeIndex): NativeParameter[];

  // Of an IndexRefine. These never wait either.
  kFactor(index: NativeIndex): number;
  /** 1 to 1000. */
  setKFactor(index: NativeIndex, kFactor: number): void;

  // Looking at inverted files
  nlist(index: NativeIndex): number;
  nprobe(index: NativeIndex): number;
  setNprobe(index: NativeIndex, nprobe: number): void;
  /** A new handle of the index of centroids. */
  quantizer(index: NativeIndex): NativeIndex;
  /** Size nlist. */
  listSizes(index: NativeIndex, token: NativeToken | undefined): Promise<Float64Array>;
  listSizesSync(index: NativeIndex): Float64Array;
  imbalance(index: NativeIndex, token: NativeToken | undefined): Promise<number>;
  imbalanceSync(index: NativeIndex): number;

  // One index in several environments
  /** Of this copy of the addon in this process: an id is known to no other. */
  addonCopy(): string;
  /**
   * Pins the index until it is unshared or closed, or the environment ends. The id with which others adopt it, and whether
   * these may only read.
   */
  shareIndex(index: NativeIndex, readonly: boolean): [id: string, readonly: boolean];
  unshareIndex(index: NativeIndex): void;
  /** A new handle of the index that is shared under this id. */
  adoptIndex(copy: string, id: string): NativeIndex;

  // Working, asynchronously and in place
  add(index: NativeIndex, vectors: Float32Array, token: NativeToken | undefined): Promise<void>;
  addSync(index: NativeIndex, vectors: Float32Array): void;
  addWithIds(
    index: NativeIndex,
    vectors: Float32Array,
    ids: BigInt64Array,
    token: NativeToken | undefined,
  ): Promise<void>;
  addWithIdsSync(index: NativeIndex, vectors: Float32Array, ids: BigInt64Array): void;
  /** How many centroids there are, if fewer than minPointsPerCentroid vectors came for each; else 0. */
  train(
    index: NativeIndex,
    vectors: Float32Array,
    params: NativeClustering | undefined,
    progress: NativeProgress | undefined,
    token: NativeToken | undefined,
  ): Promise<number>;
  trainSync(index: NativeIndex, vectors: Float32Array, params: NativeClustering | undefined): number;
  search(
    index: NativeIndex,
    queries: Float32Array,
    k: number,
    filter: NativeFilter | undefined,
    params: NativeSearchParams | undefined,
    token: NativeToken | undefined,
  ): Promise<NativeSearchResult>;
  searchSync(
    index: NativeIndex,
    queries: Float32Array,
    k: number,
    filter: NativeFilter | NativeFilterFunction | NativeKeyFilterFunction | undefined,
    params?: NativeSearchParams | undefined,
  ): NativeSearchResult;
  rangeSearch(
    index: NativeIndex,
    queries: Float32Array,
    radius: number,
    filter: NativeFilter | undefined,
    params: NativeSearchParams | undefined,
    token: NativeToken | undefined,
  ): Promise<NativeRangeResult>;
  rangeSearchSync(
    index: NativeIndex,
    queries: Float32Array,
    radius: number,
    filter: NativeFilter | NativeFilterFunction | NativeKeyFilterFunction | undefined,
    params?: NativeSearchParams | undefined,
  ): NativeRangeResult;
  /** Resolves to how many of the ids were there; mustExist: an error unless all are. */
  upsert(
    index: NativeIndex,
    vectors: Float32Array,
    ids: BigInt64Array,
    mustExist: boolean,
    token: NativeToken | undefined,
  ): Promise<number>;
  upsertSync(index: NativeIndex, vectors: Float32Array, ids: BigInt64Array, mustExist: boolean): number;
  // Of a map of keys. What takes ids is refused by it, as this is by others.
  addWithKeys(
    index: NativeIndex,
    vectors: Float32Array,
    keys: Uint8Array,
    token: NativeToken | undefined,
  ): Promise<void>;
  addWithKeysSync(index: NativeIndex, vectors: Float32Array, keys: Uint8Array): void;
  /** As upsert. */
  upsertKeys(
    index: NativeIndex,
    vectors: Float32Array,
    keys: Uint8Array,
    mustExist: boolean,
    token: NativeToken | undefined,
  ): Promise<number>;
  upsertKeysSync(index: NativeIndex, vectors: Float32Array, keys: Uint8Array, mustExist: boolean): number;
  reconstructKeys(index: NativeIndex, keys: Uint8Array, token: NativeToken | undefined): Promise<Float32Array>;
  reconstructKeysSync(index: NativeIndex, keys: Uint8Array): Float32Array;
  /** `keys`: one. */
  hasKey(index: NativeIndex, keys: Uint8Array, token: NativeToken | undefined): Promise<boolean>;
  hasKeySync(index: NativeIndex, keys: Uint8Array): boolean;
  /** Packed; ntotal of them. */
  keys(index: NativeIndex, token: NativeToken | undefined): Promise<Uint8Array>;
  keysSync(index: NativeIndex): Uint8Array;
  removeIds(index: NativeIndex, selector: NativeSelector, token: NativeToken | undefined): Promise<number>;
  removeIdsSync(index: NativeIndex, selector: NativeSelector): number;
  /** Of two inverted files: moves all vectors of `other` into `index`, addId added to their ids. */
  mergeFrom(index: NativeIndex, other: NativeIndex, addId: bigint, token: NativeToken | undefined): Promise<void>;
  mergeFromSync(index: NativeIndex, other: NativeIndex, addId: bigint): void;
  reconstruct(index: NativeIndex, id: bigint, token: NativeToken | undefined): Promise<Float32Array>;
  reconstructSync(index: NativeIndex, id: bigint): Float32Array;
  reconstructAll(index: NativeIndex, ids: BigInt64Array, token: NativeToken | undefined): Promise<Float32Array>;
  reconstructAllSync(index: NativeIndex, ids: BigInt64Array): Float32Array;
  has(index: NativeIndex, id: bigint, token: NativeToken | undefined): Promise<boolean>;
  hasSync(index: NativeIndex, id: bigint): boolean;
  ids(index: NativeIndex, token: NativeToken | undefined): Promise<BigInt64Array>;
  idsSync(index: NativeIndex): BigInt64Array;
  reset(index: NativeIndex, token: NativeToken | undefined): Promise<void>;
  resetSync(index: NativeIndex): void;
  /** Lets go of the index: work under way finishes, memory goes with the last of it; later calls throw. Idempotent. */
  close(index: NativeIndex): void;

  // Files
  readIndex(path: string | Uint8Array, token: NativeToken | undefined): Promise<NativeIndex>;
  readIndexSync(path: string | Uint8Array): NativeIndex;
  /** The same, but rows of flat indexes stay in the file; `verify`: they are all looked at. */
  mapIndex(path: string | Uint8Array, verify: boolean, token: NativeToken | undefined): Promise<NativeIndex>;
  mapIndexSync(path: string | Uint8Array, verify: boolean): NativeIndex;
  writeIndex(
    index: NativeIndex,
    path: string | Uint8Array,
    atomic: boolean,
    mappable: boolean,
    token: NativeToken | undefined,
  ): Promise<void>;
  writeIndexSync(index: NativeIndex, path: string | Uint8Array, atomic: boolean, mappable: boolean): void;
  /** An array of few bytes; many are to be taken out. */
  serializeIndex(index: NativeIndex, token: NativeToken | undefined): Promise<Uint8Array | NativeBytes>;
  serializeIndexSync(index: NativeIndex): Uint8Array;
  /** The bytes from `begin` on, as many as fit into `to`. With the last one all are let go. */
  takeBytes(bytes: NativeBytes, begin: number, to: Uint8Array): void;
  deserializeIndex(bytes: Uint8Array, token: NativeToken | undefined): Promise<NativeIndex>;
  deserializeIndexSync(bytes: Uint8Array): NativeIndex;

  // The rest
  kmeans(
    vectors: Float32Array,
    d: number,
    k: number,
    params: NativeClustering | undefined,
    progress: NativeProgress | undefined,
    token: NativeToken | undefined,
  ): Promise<NativeKMeans>;
  kmeansSync(vectors: Float32Array, d: number, k: number, params: NativeClustering | undefined): NativeKMeans;
  /** In place; refuses NaN and infinity before it changes anything. */
  normalizeL2(vectors: Float32Array, d: number): void;
  /**
   * For operations that are abortable, wait for all others (default: no), or move their typed arrays instead of copying them
   * (default: no): these are detached, unless the call is refused before.
   */
  token(background?: boolean, transfer?: boolean): NativeToken;
  /** Fires a token. */
  cancel(token: NativeToken): void;
  /** From now on operations with this token are timed. */
  timeOperation(token: NativeToken): void;
  /** Of the last of them that is settled; undefined if it never ran. */
  runTimes(token: NativeToken): NativeRunTimes | undefined;
  /** For one selector: searches with the same may run as one. */
  sharing(): NativeSharing;
  threads(): number;
  /**
   * Of the process so far: operations begun, those of them that shared a run, runs that passed longer work; waiting now; bytes
   * that are kept for copies of arguments.
   */
  taskCounts(): [tasks: number, joined: number, passed: number, waiting: number, staging: number];
  setThreads(n: number): void;
  /** The kernel target in use: 'avx512', 'avx2', 'neon_dotprod', 'neon' or 'generic'. */
  simdTarget(): string;
  /** All targets that this machine can run, best first; VORONODE_SIMD takes one of these. */
  simdTargets(): string[];
}

export const native = traced(inThisRealm(loaded()));

function loaded(): Native {
  try {
    return load() as Native;
  } catch (error) {
    throw ownError(error);
  }
}
