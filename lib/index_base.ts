/**
 * What every kind of index is and does. As in `node:fs`, the plain name works off the event loop and returns a promise, which
 * also reports wrong arguments; the `…Sync` twin does the same work on the calling thread and throws. Errors bear Node's codes
 * (docs: `ErrorCode`).
 */

import {
  type AbortOptions,
  abortable,
  TRANSFER_NAMES,
  type TransferOptions,
  WORK_NAMES,
  type WorkOptions,
  workOf,
} from './abort.js';
import type { ClusteringOptions, TrainOptions } from './clustering.js';
import { markCopy } from './copy.js';
import { removedOf } from './filter.js';
import { Held } from './held.js';
import { checkId, checkIds, checkNewIds, type Ids } from './ids.js';
import { native } from './native.js';
import { checkNames } from './options.js';
import { RangeSearchResult, type ResultRow, SearchResult } from './result.js';
import {
  type AnySearchOptions,
  IN_PLACE,
  OFF_THREAD,
  type SearchOptions,
  type SyncSearchOptions,
} from './search_options.js';
import { rangeSearch, rangeSearchInPlace, search, searchInPlace } from './searching.js';
import type { IDSelector } from './selector.js';
import { train, trainInPlace } from './training.js';
import { checkQuery, checkVectors } from './validate.js';

/**
 * An index of vectors of one dimension. Made by the constructors of its subclasses, `indexFactory` and `readIndex`.
 *
 * Vectors and queries are float32, row-major: component j of vector i is `vectors[i * d + j]`. The plain names work off
 * the event loop and return promises; the `…Sync` twins do the same work on the calling thread and throw. Both give the
 * same bits, and arguments may be changed as soon as the call has returned, unless they were given away (`{ transfer: true
 * }`). A failed call changes nothing.
 *
 * `O` is what its searches take besides the queries; an index whose kind the types do not tell may take anything that some
 * kind takes.
 *
 * All methods throw `ERR_INVALID_ARG_TYPE` for what is no `Float32Array`, `ERR_VORONODE_DIMENSION` for lengths that are no
 * multiple of d, `ERR_INVALID_ARG_VALUE` for NaN and infinity, and `ERR_VORONODE_CLOSED` after {@link close}.
 */
export abstract class Index<O extends SearchOptions = AnySearchOptions> extends Held {
  /**
   * Adds n vectors (n × d); their ids are ntotal, ntotal + 1, …; in an inverted file those behind the largest id that it
   * holds.
   * @throws ERR_VORONODE_UNSUPPORTED on an IndexIDMap: use {@link addWithIds}; ERR_VORONODE_NOT_TRAINED before {@link train}
   */
  async add(vectors: Float32Array, options?: TransferOptions): Promise<void> {
    const self = Held.self(this);
    checkVectors('vectors', vectors, Held.dimension(self));
    checkNames(options, TRANSFER_NAMES, 'add()');
    return await abortable(workOf(options), (token) => native.add(Held.receiver(self), vectors, token));
  }

  /** {@link add} on the calling thread. */
  addSync(vectors: Float32Array): void {
    const self = Held.self(this);
    checkVectors('vectors', vectors, Held.dimension(self));
    native.addSync(Held.receiver(self), vectors);
  }

  /**
   * Adds n vectors (n × d) under n ids of the caller: int64, not -1. Several vectors may bear one id.
   * @throws ERR_VORONODE_UNSUPPORTED on an index that numbers its vectors itself: wrap it, `new IndexIDMap(index)`;
   * ERR_OUT_OF_RANGE for the id -1 or another number of ids than of vectors
   */
  async addWithIds(vectors: Float32Array, ids: Ids, options?: TransferOptions): Promise<void> {
    const self = Held.self(this);
    const list = checkNewIds(ids, checkVectors('vectors', vectors, Held.dimension(self)));
    checkNames(options, TRANSFER_NAMES, 'addWithIds()');
    return await abortable(workOf(options), (token) => native.addWithIds(Held.receiver(self), vectors, list, token));
  }

  /** {@link addWithIds} on the calling thread. */
  addWithIdsSync(vectors: Float32Array, ids: Ids): void {
    const self = Held.self(this);
    const list = checkNewIds(ids, checkVectors('vectors', vectors, Held.dimension(self)));
    native.addWithIdsSync(Held.receiver(self), vectors, list);
  }

  /** Faiss's spelling of {@link addWithIds}. */
  async add_with_ids(vectors: Float32Array, ids: Ids, options?: TransferOptions): Promise<void> {
    return Held.self(this).addWithIds(vectors, ids, options);
  }

  /**
   * Adds n vectors (n × d) under n ids of the caller, each in the place of all that bear its id: whoever searches
   * meanwhile finds, of all of them, the old vectors or the new ones, and is not held up. Of vectors under one id the last
   * counts. Resolves to how many of the ids were there.
   * @throws as {@link addWithIds}
   */
  async upsert(vectors: Float32Array, ids: Ids, options?: TransferOptions): Promise<number> {
    return await Held.self(this).#replace(vectors, ids, options, 'upsert()', false);
  }

  /** {@link upsert} on the calling thread. */
  upsertSync(vectors: Float32Array, ids: Ids): number {
    return Held.self(this).#replaceSync(vectors, ids, false);
  }

  /**
   * {@link upsert} of vectors that are all there.
   * @throws ERR_OUT_OF_RANGE if no vector bears one of the ids; nothing is changed then
   */
  async updateVectors(vectors: Float32Array, ids: Ids, options?: TransferOptions): Promise<void> {
    await Held.self(this).#replace(vectors, ids, options, 'updateVectors()', true);
  }

  /** {@link updateVectors} on the calling thread. */
  updateVectorsSync(vectors: Float32Array, ids: Ids): void {
    Held.self(this).#replaceSync(vectors, ids, true);
  }

  /**
   * Learns from n sample vectors (n × d) what the index needs to know before it takes any. Nothing for flat indexes, and
   * for those that know it already: from a file, or from a quantizer with centroids.
   * @throws ERR_INVALID_ARG_VALUE for fewer vectors than lists; ERR_VORONODE_UNSUPPORTED if vectors are stored already
   */
  async train(vectors: Float32Array, options?: TrainOptions): Promise<void> {
    await train(Held.self(this), vectors, options);
  }

  /** The same in place. It reports no progress: the thread that would hear of it does the work. */
  trainSync(vectors: Float32Array, options?: ClusteringOptions & AbortOptions): void {
    trainInPlace(Held.self(this), vectors, options);
  }

  /**
   * The k nearest stored vectors of each of nq queries (nq × d; one query: length d). Best first, equal distances by
   * the smaller id, padded with id -1n if fewer than k are stored. The answer does not depend on threads, batches or
   * machine.
   *
   * @example
   * ```js
   * import { IndexFlatL2, matrix } from 'voronode';
   *
   * const index = new IndexFlatL2(2);
   * await index.add(matrix([[0, 0], [1, 0], [0, 3]]));
   * const { labels, distances } = await index.search(matrix([[0, 1], [1, 1]]), 2);
   * console.log(labels); // BigInt64Array(4) [ 0n, 1n, 1n, 0n ]
   * console.log(distances); // Float32Array(4) [ 1, 2, 1, 2 ]
   * ```
   * @param k 1 to 2^31 - 1
   * @throws ERR_VORONODE_NOT_TRAINED for an index that must be trained first
   */
  async search(queries: Float32Array, k: number, options?: O): Promise<SearchResult> {
    const found = await search(Held.self(this), queries, k, options, OFF_THREAD);
    return new SearchResult(k, found.distances, found.labels);
  }

  /** {@link search} on the calling thread. A signal counts only if it has fired before. */
  searchSync(queries: Float32Array, k: number, options?: SyncSearchOptions<O>): SearchResult {
    const found = searchInPlace(Held.self(this), queries, k, options, IN_PLACE);
    return new SearchResult(k, found.distances, found.labels);
  }

  /**
   * The k nearest stored vectors of one query, without padding: fewer than k if fewer are found. As {@link search}, but a
   * query of another length than d is an error, not several queries.
   *
   * @example
   * ```js
   * import { IndexFlatL2 } from 'voronode';
   *
   * const index = new IndexFlatL2(2);
   * await index.add(Float32Array.of(0, 0, 3, 4));
   * console.log(await index.searchOne(Float32Array.of(0, 1), 1)); // { labels: BigInt64Array(1) [ 0n ], distances: Float32Array(1) [ 1 ] }
   * ```
   * @throws ERR_VORONODE_DIMENSION unless the length of the query is d
   */
  async searchOne(query: Float32Array, k: number, options?: O): Promise<ResultRow> {
    const self = Held.self(this);
    return (await self.search(checkQuery(query, Held.dimension(self)), k, options)).row(0);
  }

  /** {@link searchOne} on the calling thread. */
  searchOneSync(query: Float32Array, k: number, options?: SyncSearchOptions<O>): ResultRow {
    const self = Held.self(this);
    return self.searchSync(checkQuery(query, Held.dimension(self)), k, options).row(0);
  }

  /**
   * For each of nq queries (nq × d) all vectors nearer than `radius`, strictly: squared distance < radius (`'l2'`),
   * inner product > radius (`'ip'`). Best first. The radius is rounded to float32.
   */
  async rangeSearch(queries: Float32Array, radius: number, options?: O): Promise<RangeSearchResult> {
    const found = await rangeSearch(Held.self(this), queries, radius, options, OFF_THREAD);
    return new RangeSearchResult(found.lims, found.distances, found.labels);
  }

  /** {@link rangeSearch} on the calling thread. */
  rangeSearchSync(queries: Float32Array, radius: number, options?: SyncSearchOptions<O>): RangeSearchResult {
    const found = rangeSearchInPlace(Held.self(this), queries, radius, options, IN_PLACE);
    return new RangeSearchResult(found.lims, found.distances, found.labels);
  }

  /**
   * The stored vector with this id, of size d, or those with these ids, n × d; if several bear one, the one added last (of
   * an inverted file: one of them). Of an index in codes (`IndexIVFScalarQuantizer`): the vector as it is decoded, unless
   * an `IndexRefineFlat` is around it. Of an `IndexPreTransform`: back through the transforms, as far as they can be undone.
   * @throws ERR_OUT_OF_RANGE if there is none; of several ids nothing comes then, and the message says which;
   * ERR_VORONODE_UNSUPPORTED of a transform that cannot be undone
   */
  async reconstruct(id: bigint | number | Ids, options?: WorkOptions): Promise<Float32Array> {
    const self = Held.self(this);
    checkNames(options, WORK_NAMES, 'reconstruct()');
    const work = workOf(options);
    const handle = Held.receiver(self);
    if (isOneId(id)) {
      const one = checkId('id', id);
      return await abortable(work, (token) => native.reconstruct(handle, one, token));
    }
    const ids = checkIds('ids', id);
    return await abortable(work, (token) => native.reconstructAll(handle, ids, token));
  }

  /** {@link reconstruct} on the calling thread. Waits for work under way that excludes searches. */
  reconstructSync(id: bigint | number | Ids): Float32Array {
    const self = Held.self(this);
    if (isOneId(id)) return native.reconstructSync(Held.receiver(self), checkId('id', id));
    return native.reconstructAllSync(Held.receiver(self), checkIds('ids', id));
  }

  /** Whether a stored vector bears this id. */
  async has(id: bigint | number): Promise<boolean> {
    return await native.has(Held.receiver(this), checkId('id', id), undefined);
  }

  /** {@link has} on the calling thread. Waits as {@link reconstructSync} does. */
  hasSync(id: bigint | number): boolean {
    return native.hasSync(Held.receiver(this), checkId('id', id));
  }

  /**
   * The id of each stored vector, of size ntotal: in the order of their addition; of an inverted file without a map, which
   * does not keep that order, ascending. An id that several vectors bear comes as often.
   */
  async ids(): Promise<BigInt64Array> {
    return await native.ids(Held.receiver(this), undefined);
  }

  /** {@link ids} on the calling thread. Waits as {@link reconstructSync} does. */
  idsSync(): BigInt64Array {
    return native.idsSync(Held.receiver(this));
  }

  /**
   * Removes the vectors with these ids, all that bear them; ids that are not there are passed over. Resolves to how
   * many went. In an index without ids of its own the vectors behind a hole move up: their ids change. Searches go on
   * meanwhile. The memory comes back later: when one vector in 16 was removed, as soon as nobody searches for a moment; at
   * one in 4, searches wait for it.
   */
  async removeIds(ids: Ids | IDSelector, options?: WorkOptions): Promise<number> {
    const self = Held.self(this);
    const selector = removedOf(ids);
    checkNames(options, WORK_NAMES, 'removeIds()');
    return await abortable(workOf(options), (token) => native.removeIds(Held.receiver(self), selector, token));
  }

  /** {@link removeIds} on the calling thread. */
  removeIdsSync(ids: Ids | IDSelector): number {
    const self = Held.self(this);
    return native.removeIdsSync(Held.receiver(self), removedOf(ids));
  }

  /**
   * Moves all vectors of `other` here, with `addId` added to their ids; `other` is empty afterwards. Both must be of one
   * kind, inside wrappers too; inverted files must have equal centroids: make them of one trained index that was written
   * and read back. Kinds that number their vectors go on numbering: there `addId` must be 0.
   * @throws ERR_VORONODE_UNSUPPORTED for other indexes; ERR_OUT_OF_RANGE if an id would pass int64 or become -1
   */
  async mergeFrom(other: Index, addId: bigint | number = 0n, options?: WorkOptions): Promise<void> {
    const [self, from, add] = [Held.self(this), Held.handle('other', other), checkId('addId', addId)];
    checkNames(options, WORK_NAMES, 'mergeFrom()');
    return await abortable(workOf(options), (token) => native.mergeFrom(Held.receiver(self), from, add, token));
  }

  /** {@link mergeFrom} on the calling thread. */
  mergeFromSync(other: Index, addId: bigint | number = 0n): void {
    native.mergeFromSync(Held.receiver(this), Held.handle('other', other), checkId('addId', addId));
  }

  /** Removes all vectors; training is kept. */
  async reset(): Promise<void> {
    await native.reset(Held.receiver(this), undefined);
  }

  /** {@link reset} on the calling thread. Waits for work under way. */
  resetSync(): void {
    native.resetSync(Held.receiver(this));
  }

  async #replace(
    ...[vectors, ids, options, method, mustExist]: [Float32Array, Ids, TransferOptions | undefined, string, boolean]
  ): Promise<number> {
    const list = checkNewIds(ids, checkVectors('vectors', vectors, Held.dimension(this)));
    checkNames(options, TRANSFER_NAMES, method);
    const handle = Held.receiver(this);
    return await abortable(workOf(options), (token) => native.upsert(handle, vectors, list, mustExist, token));
  }

  #replaceSync(vectors: Float32Array, ids: Ids, mustExist: boolean): number {
    const list = checkNewIds(ids, checkVectors('vectors', vectors, Held.dimension(this)));
    return native.upsertSync(Held.receiver(this), vectors, list, mustExist);
  }
}

/** Told from a list of ids by what is no object: of everything else the list says what is wrong with it. */
function isOneId(value: unknown): value is bigint | number {
  return value === null || typeof value !== 'object';
}

/** What the searches of a type of index take besides the queries. */
export type SearchOptionsOf<I extends Index = Index> = I extends Index<infer O> ? O : never;

markCopy(Index);
