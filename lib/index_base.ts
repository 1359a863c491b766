/**
 * What every kind of index is and does. As in `node:fs`, the plain name works off the event loop and returns a promise, which
 * also reports wrong arguments; the `…Sync` twin does the same work on the calling thread and throws. Errors bear Node's codes
 * (docs: `ErrorCode`).
 */

import { type InspectOptions, inspect } from 'node:util';
import { type AbortOptions, abortable, signalOf, throwIfAborted } from './abort.js';
import {
  CLUSTERING_NAMES,
  type ClusteringOptions,
  clusteringOf,
  progressOf,
  refuseProgress,
  type TrainOptions,
  warnFewVectors,
} from './clustering.js';
import { markCopy } from './copy.js';
import { fieldsOf, nameOf } from './describe.js';
import { invalidThis, invalidType, objectRemedy, unsupported } from './errors.js';
import { type FilterReader, filterOf, removedOf, selectorOf } from './filter.js';
import { checkId, checkNewIds, type Ids } from './ids.js';
import { Made } from './made.js';
import { type Metric, metricOfNumber } from './metric.js';
import { type NativeIndex, native } from './native.js';
import { checkNames } from './options.js';
import { RangeSearchResult, type ResultRow, SearchResult } from './result.js';
import {
  type AnySearchOptions,
  NO_CHOICES,
  type SearchChoices,
  type SearchOptions,
  SearchOptionsReader,
  type SyncSearchOptions,
} from './search_options.js';
import type { IDSelector } from './selector.js';
import { Uncloneable } from './uncloneable.js';
import { checkInteger, checkQuery, checkRadius, checkVectors, MAX_K } from './validate.js';

// Not static members of Index: the bundler renames a class that names itself, and its name would be _Index.
let isIndex: (value: unknown) => value is Index;

const handleOf = (name: string, value: unknown): NativeIndex => Index.handle(name, value); // likewise

/** What a method was called on: that may be anything, and only an index has the fields of one. */
function selfOf(value: unknown): Index {
  if (!isIndex(value)) throw invalidThis('Index', value);
  return value;
}

/**
 * An index of vectors of one dimension. Made by the constructors of its subclasses, `indexFactory` and `readIndex`.
 *
 * Vectors and queries are float32, row-major: component j of vector i is `vectors[i * d + j]`. The plain names work off
 * the event loop and return promises; the `…Sync` twins do the same work on the calling thread and throw. Both give the
 * same bits, and arguments may be changed as soon as the call has returned. A failed call changes nothing.
 *
 * `O` is what its searches take besides the queries; an index whose kind the types do not tell may take anything that some
 * kind takes.
 *
 * All methods throw `ERR_INVALID_ARG_TYPE` for what is no `Float32Array`, `ERR_VORONODE_DIMENSION` for lengths that are no
 * multiple of d, `ERR_INVALID_ARG_VALUE` for NaN and infinity, and `ERR_VORONODE_CLOSED` after {@link close}.
 */
export abstract class Index<O extends SearchOptions = AnySearchOptions> extends Uncloneable implements Disposable {
  readonly #handle: NativeIndex;
  readonly #inner: Index | undefined;
  readonly #d: number;
  readonly #metric: Metric;
  #reader: SearchOptionsReader | undefined;

  /** @internal */
  protected constructor(made: Made) {
    if (!Made.is(made)) {
      throw unsupported(
        `${new.target.name} has no public constructor; use indexFactory(d, description) or readIndex(path)`,
      );
    }
    super();
    this.#handle = made.handle;
    this.#inner = made.parts.inner;
    this.#d = native.d(made.handle);
    this.#metric = metricOfNumber(native.metric(made.handle)) as Metric;
  }

  /** @internal The addon's handle of an index. */
  static handle(name: string, value: unknown): NativeIndex {
    if (!isIndex(value)) {
      throw invalidType(name, 'an instance of Index', value, objectRemedy(value));
    }
    return value.#handle;
  }

  /** @internal The addon's handle of what a method was called on. */
  static receiver(value: unknown): NativeIndex {
    return selfOf(value).#handle;
  }

  /** @internal */
  static is(value: unknown): value is Index {
    return isIndex(value);
  }

  /** @internal */
  static inner(index: Index): Index | undefined {
    return selfOf(index).#inner;
  }

  static {
    isIndex = (value): value is Index => value !== null && typeof value === 'object' && #handle in value;
  }

  /** Components per vector. */
  get d(): number {
    return selfOf(this).#d;
  }

  /** How nearness is measured. */
  get metric(): Metric {
    return selfOf(this).#metric;
  }

  /** How many vectors are stored. Grows when an add is complete. */
  get ntotal(): number {
    return native.ntotal(selfOf(this).#handle);
  }

  /** Whether vectors can be added and searched. */
  get isTrained(): boolean {
    return native.isTrained(selfOf(this).#handle);
  }

  /**
   * Adds n vectors (n × d); their ids are ntotal, ntotal + 1, …; in an inverted file those behind the largest id that it
   * holds.
   * @throws ERR_VORONODE_UNSUPPORTED on an IndexIDMap: use {@link addWithIds}; ERR_VORONODE_NOT_TRAINED before {@link train}
   */
  async add(vectors: Float32Array, options?: AbortOptions): Promise<void> {
    const self = selfOf(this);
    checkVectors('vectors', vectors, self.#d);
    checkNames(options, ['signal'], 'add()');
    return await abortable(signalOf(options), (token) => native.add(self.#handle, vectors, token));
  }

  /** {@link add} on the calling thread. */
  addSync(vectors: Float32Array): void {
    const self = selfOf(this);
    checkVectors('vectors', vectors, self.#d);
    native.addSync(self.#handle, vectors);
  }

  /**
   * Adds n vectors (n × d) under n ids of the caller: int64, not -1. Several vectors may bear one id.
   * @throws ERR_VORONODE_UNSUPPORTED on an index that numbers its vectors itself: wrap it, `new IndexIDMap(index)`;
   * ERR_OUT_OF_RANGE for the id -1 or another number of ids than of vectors
   */
  async addWithIds(vectors: Float32Array, ids: Ids, options?: AbortOptions): Promise<void> {
    const self = selfOf(this);
    const list = checkNewIds(ids, checkVectors('vectors', vectors, self.#d));
    checkNames(options, ['signal'], 'addWithIds()');
    return await abortable(signalOf(options), (token) => native.addWithIds(self.#handle, vectors, list, token));
  }

  /** {@link addWithIds} on the calling thread. */
  addWithIdsSync(vectors: Float32Array, ids: Ids): void {
    const self = selfOf(this);
    const list = checkNewIds(ids, checkVectors('vectors', vectors, self.#d));
    native.addWithIdsSync(self.#handle, vectors, list);
  }

  /** Faiss's spelling of {@link addWithIds}. */
  async add_with_ids(vectors: Float32Array, ids: Ids, options?: AbortOptions): Promise<void> {
    return selfOf(this).addWithIds(vectors, ids, options);
  }

  /**
   * Learns from n sample vectors (n × d) what the index needs to know before it takes any. Nothing for flat indexes, and
   * for those that know it already: from a file, or from a quantizer with centroids.
   * @throws ERR_INVALID_ARG_VALUE for fewer vectors than lists; ERR_VORONODE_UNSUPPORTED if vectors are stored already
   */
  async train(vectors: Float32Array, options?: TrainOptions): Promise<void> {
    const self = selfOf(this);
    const n = checkVectors('vectors', vectors, self.#d);
    checkNames(options, CLUSTERING_NAMES, 'train()');
    const signal = signalOf(options);
    const params = clusteringOf(options);
    const progress = progressOf(options);
    const lists = await abortable(signal, (token) => native.train(self.#handle, vectors, params, progress, token));
    if (lists > 0) warnFewVectors(n, lists, 'lists', options);
  }

  /** The same in place. It reports no progress: the thread that would hear of it does the work. */
  trainSync(vectors: Float32Array, options?: ClusteringOptions & AbortOptions): void {
    const self = selfOf(this);
    const n = checkVectors('vectors', vectors, self.#d);
    checkNames(options, CLUSTERING_NAMES, 'trainSync()');
    throwIfAborted(signalOf(options));
    const params = clusteringOf(options);
    refuseProgress(options, 'train()');
    const lists = native.trainSync(self.#handle, vectors, params);
    if (lists > 0) warnFewVectors(n, lists, 'lists', options);
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
    const self = selfOf(this);
    checkVectors('queries', queries, self.#d);
    checkInteger('k', k, 1, MAX_K);
    const signal = signalOf(options);
    const { filter, params } = self.#choices(options, selectorOf);
    const found = await abortable(signal, (token) => native.search(self.#handle, queries, k, filter, params, token));
    return new SearchResult(k, found.distances, found.labels);
  }

  /** {@link search} on the calling thread. A signal counts only if it has fired before. */
  searchSync(queries: Float32Array, k: number, options?: SyncSearchOptions<O>): SearchResult {
    const self = selfOf(this);
    checkVectors('queries', queries, self.#d);
    checkInteger('k', k, 1, MAX_K);
    throwIfAborted(signalOf(options));
    const { filter, params } = self.#choices(options, filterOf);
    const found = native.searchSync(self.#handle, queries, k, filter, params);
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
    const self = selfOf(this);
    return (await self.search(checkQuery(query, self.#d), k, options)).row(0);
  }

  /** {@link searchOne} on the calling thread. */
  searchOneSync(query: Float32Array, k: number, options?: SyncSearchOptions<O>): ResultRow {
    const self = selfOf(this);
    return self.searchSync(checkQuery(query, self.#d), k, options).row(0);
  }

  /**
   * For each of nq queries (nq × d) all vectors nearer than `radius`, strictly: squared distance < radius (`'l2'`),
   * inner product > radius (`'ip'`). Best first. The radius is rounded to float32.
   */
  async rangeSearch(queries: Float32Array, radius: number, options?: O): Promise<RangeSearchResult> {
    const self = selfOf(this);
    checkVectors('queries', queries, self.#d);
    const bound = checkRadius(radius);
    const signal = signalOf(options);
    const { filter, params } = self.#choices(options, selectorOf);
    const found = await abortable(signal, (token) =>
      native.rangeSearch(self.#handle, queries, bound, filter, params, token),
    );
    return new RangeSearchResult(found.lims, found.distances, found.labels);
  }

  /** {@link rangeSearch} on the calling thread. */
  rangeSearchSync(queries: Float32Array, radius: number, options?: SyncSearchOptions<O>): RangeSearchResult {
    const self = selfOf(this);
    checkVectors('queries', queries, self.#d);
    const bound = checkRadius(radius);
    throwIfAborted(signalOf(options));
    const { filter, params } = self.#choices(options, filterOf);
    const found = native.rangeSearchSync(self.#handle, queries, bound, filter, params);
    return new RangeSearchResult(found.lims, found.distances, found.labels);
  }

  /**
   * The stored vector with this id, of size d; if several bear it, the one added last (of an inverted file: one of them).
   * Of an index in codes (`IndexIVFScalarQuantizer`): the vector as it is decoded, unless an `IndexRefineFlat` is around it.
   * @throws ERR_OUT_OF_RANGE if there is none
   */
  async reconstruct(id: bigint | number): Promise<Float32Array> {
    const self = selfOf(this);
    return await native.reconstruct(self.#handle, checkId('id', id), undefined);
  }

  /** {@link reconstruct} on the calling thread. Waits for work under way that excludes searches. */
  reconstructSync(id: bigint | number): Float32Array {
    const self = selfOf(this);
    return native.reconstructSync(self.#handle, checkId('id', id));
  }

  /**
   * Removes the vectors with these ids, all that bear them; ids that are not there are passed over. Resolves to how
   * many went. In an index without ids of its own the vectors behind a hole move up: their ids change.
   */
  async removeIds(ids: Ids | IDSelector, options?: AbortOptions): Promise<number> {
    const self = selfOf(this);
    const selector = removedOf(ids);
    checkNames(options, ['signal'], 'removeIds()');
    return await abortable(signalOf(options), (token) => native.removeIds(self.#handle, selector, token));
  }

  /** {@link removeIds} on the calling thread. */
  removeIdsSync(ids: Ids | IDSelector): number {
    const self = selfOf(this);
    return native.removeIdsSync(self.#handle, removedOf(ids));
  }

  /**
   * Moves all vectors of `other` here, with `addId` added to their ids; `other` is empty afterwards. Both must be of one
   * kind, inside wrappers too; inverted files must have equal centroids: make them of one trained index that was written
   * and read back. Kinds that number their vectors go on numbering: there `addId` must be 0.
   * @throws ERR_VORONODE_UNSUPPORTED for other indexes; ERR_OUT_OF_RANGE if an id would pass int64 or become -1
   */
  async mergeFrom(other: Index, addId: bigint | number = 0n, options?: AbortOptions): Promise<void> {
    const [self, from, add] = [selfOf(this), handleOf('other', other), checkId('addId', addId)];
    checkNames(options, ['signal'], 'mergeFrom()');
    return await abortable(signalOf(options), (token) => native.mergeFrom(self.#handle, from, add, token));
  }

  /** {@link mergeFrom} on the calling thread. */
  mergeFromSync(other: Index, addId: bigint | number = 0n): void {
    native.mergeFromSync(selfOf(this).#handle, handleOf('other', other), checkId('addId', addId));
  }

  /** Removes all vectors; training is kept. */
  async reset(): Promise<void> {
    await native.reset(selfOf(this).#handle, undefined);
  }

  /** {@link reset} on the calling thread. Waits for work under way. */
  resetSync(): void {
    native.resetSync(selfOf(this).#handle);
  }

  /**
   * Lets go of the memory; work under way finishes first. Later calls fail with ERR_VORONODE_CLOSED, but for `d`,
   * `metric` and `close` itself. Optional: garbage collection does the same. The index in a wrapper has a handle of its
   * own, which holds the vectors: close it too, `map.index.close()`.
   */
  close(): void {
    native.close(selfOf(this).#handle);
  }

  /** {@link close}, for `using index = …`. */
  [Symbol.dispose](): void {
    selfOf(this).close();
  }

  #choices<F>(options: object | undefined, filter: FilterReader<F>): SearchChoices<F> {
    if (options === undefined) return NO_CHOICES;
    this.#reader ??= new SearchOptionsReader(native.searchParameters(this.#handle));
    return this.#reader.read(options, filter, () => nameOf(this));
  }

  /** @internal What `inspect` and JSON show of a kind besides. */
  protected facts(): Record<string, unknown> {
    return {};
  }

  /** `IndexFlatL2 { d: 4, ntotal: 0, metric: 'l2' }`; never throws. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (depth < 0 || !isIndex(this)) return `[${nameOf(this)}]`;
    const fields = fieldsOf(this, this.#inner, () => this.facts());
    return `${nameOf(this)} ${inspect(fields, options)}`;
  }

  /**
   * What `JSON.stringify` shows: the kind and its numbers, `{ kind: 'IndexFlatL2', d: 4, ntotal: 0, metric: 'l2' }`. The
   * vectors are not in it: `serializeIndex` has them.
   */
  toJSON(): Record<string, unknown> {
    const self = selfOf(this);
    return { kind: nameOf(self), ...fieldsOf(self, self.#inner, () => self.facts()) };
  }
}

/** What the searches of a type of index take besides the queries. */
export type SearchOptionsOf<I extends Index = Index> = I extends Index<infer O> ? O : never;

markCopy(Index);
