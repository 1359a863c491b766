/** The caller's own strings over an index that numbers its vectors. */

import {
  type AbortOptions,
  abortable,
  TRANSFER_NAMES,
  type TransferOptions,
  WORK_NAMES,
  type WorkOptions,
  workOf,
} from '../abort.js';
import type { ClusteringOptions, TrainOptions } from '../clustering.js';
import { markCopy } from '../copy.js';
import { Held } from '../held.js';
import type { Index, SearchOptionsOf } from '../index_base.js';
import { registerKind } from '../kinds.js';
import { Made } from '../made.js';
import { native } from '../native.js';
import { checkNames } from '../options.js';
import { rangeSearch, rangeSearchInPlace, search, searchInPlace } from '../searching.js';
import type { IDSelector } from '../selector.js';
import { train, trainInPlace } from '../training.js';
import { checkQuery, checkVectors } from '../validate.js';
import { type Keys, packKey, packKeys } from './pack.js';
import { KeyRangeSearchResult, type KeyResultRow, KeySearchResult } from './result.js';
import { KEYS_IN_PLACE, KEYS_OFF_THREAD, type KeySearchOptions, type SyncKeySearchOptions } from './search_options.js';
import { keySelectorOf } from './selector.js';
import { unpackKeys } from './unpack.js';

/**
 * Vectors under strings: the name of a document, a UUID, a path. Each key has one vector. The keys are in the index, in its
 * files, and in what its searches answer; nothing has to be kept beside it.
 *
 * As everywhere in this package, the plain names work off the event loop and return promises, the `…Sync` twins do the
 * same on the calling thread; vectors and queries are float32, row-major, n × d; and a failed call changes nothing. Equal
 * distances are in the order in which the vectors were added. An upsert adds its vectors last.
 *
 * It is no {@link Index}: what takes ids there takes keys here. All methods throw what those of `Index` do, and for keys
 * `ERR_INVALID_ARG_TYPE` (no string), `ERR_OUT_OF_RANGE` (more than 65 536 bytes of UTF-8) and `ERR_INVALID_ARG_VALUE` (a
 * lone surrogate).
 *
 * @example
 * ```js
 * import { IndexFlatL2, IndexKeyMap } from 'voronode';
 *
 * const index = new IndexKeyMap(new IndexFlatL2(2));
 * await index.addWithKeys(Float32Array.of(0, 0, 3, 4), ['origin', 'far']);
 * await index.upsert(Float32Array.of(0, 2, 6, 8), ['far', 'farther']); // one is replaced, one is new
 * const found = await index.search(Float32Array.of(0, 3), 2);
 * console.log(found.keys(0)); // [ 'far', 'origin' ]
 * console.log(found.toArray()); // [ [ { key: 'far', distance: 1 }, { key: 'origin', distance: 9 } ] ]
 * ```
 */
export class IndexKeyMap<I extends Index = Index> extends Held {
  /**
   * @param index empty and not wrapped yet; from then on it changes through the map only
   * @throws ERR_VORONODE_UNSUPPORTED for other indexes
   */
  constructor(index: I) {
    super(Made.is(index) ? index : new Made(native.keyMap(Held.handle('index', index)), { inner: index }));
  }

  /**
   * The wrapped index, which numbers the vectors; its `ntotal` grows with the map's. What chooses `nprobe` goes there:
   * `tune(map.index, queries, { set: true })`.
   */
  get index(): I {
    return Held.inner(Held.keyMap(this)) as I;
  }

  /**
   * Adds n vectors (n × d) under n keys that are not there.
   * @throws ERR_INVALID_ARG_VALUE if a key is there already, or twice in the call: use {@link upsert}; ERR_OUT_OF_RANGE for
   * another number of keys than of vectors; ERR_VORONODE_NOT_TRAINED before {@link train}
   */
  async addWithKeys(vectors: Float32Array, keys: Keys, options?: TransferOptions): Promise<void> {
    const self = Held.keyMap(this);
    const packed = packKeys('keys', keys, checkVectors('vectors', vectors, Held.dimension(self)));
    checkNames(options, TRANSFER_NAMES, 'addWithKeys()');
    return await abortable(workOf(options), (token) => native.addWithKeys(Held.receiver(self), vectors, packed, token));
  }

  /** {@link addWithKeys} on the calling thread. */
  addWithKeysSync(vectors: Float32Array, keys: Keys): void {
    const self = Held.keyMap(this);
    const packed = packKeys('keys', keys, checkVectors('vectors', vectors, Held.dimension(self)));
    native.addWithKeysSync(Held.receiver(self), vectors, packed);
  }

  /**
   * Adds n vectors (n × d) under n keys, each in the place of the one that is there under its key: whoever searches
   * meanwhile finds, of all of them, the old vectors or the new ones, and is not held up. Of vectors under one key the last
   * counts. Resolves to how many of the keys were there.
   * @throws as {@link addWithKeys}, but for keys that are there
   */
  async upsert(vectors: Float32Array, keys: Keys, options?: TransferOptions): Promise<number> {
    return await Held.keyMap(this).#replace(vectors, keys, options, 'upsert()', false);
  }

  /** {@link upsert} on the calling thread. */
  upsertSync(vectors: Float32Array, keys: Keys): number {
    return Held.keyMap(this).#replaceSync(vectors, keys, false);
  }

  /**
   * {@link upsert} of vectors that are all there.
   * @throws ERR_OUT_OF_RANGE if there is no vector under one of the keys; nothing is changed then
   */
  async updateVectors(vectors: Float32Array, keys: Keys, options?: TransferOptions): Promise<void> {
    await Held.keyMap(this).#replace(vectors, keys, options, 'updateVectors()', true);
  }

  /** {@link updateVectors} on the calling thread. */
  updateVectorsSync(vectors: Float32Array, keys: Keys): void {
    Held.keyMap(this).#replaceSync(vectors, keys, true);
  }

  /**
   * Removes the vectors under these keys; keys that are not there are passed over. Resolves to how many went. Searches go
   * on meanwhile; the memory comes back later, as of {@link Index.removeIds}.
   */
  async removeKeys(keys: Keys | IDSelector, options?: WorkOptions): Promise<number> {
    const self = Held.keyMap(this);
    const selector = keySelectorOf('keys', keys);
    checkNames(options, WORK_NAMES, 'removeKeys()');
    return await abortable(workOf(options), (token) => native.removeIds(Held.receiver(self), selector, token));
  }

  /** {@link removeKeys} on the calling thread. */
  removeKeysSync(keys: Keys | IDSelector): number {
    const self = Held.keyMap(this);
    return native.removeIdsSync(Held.receiver(self), keySelectorOf('keys', keys));
  }

  /** Whether there is a vector under this key. */
  async has(key: string): Promise<boolean> {
    return await native.hasKey(Held.receiver(Held.keyMap(this)), packKey('key', key), undefined);
  }

  /** {@link has} on the calling thread. Waits for work under way that excludes searches. */
  hasSync(key: string): boolean {
    return native.hasKeySync(Held.receiver(Held.keyMap(this)), packKey('key', key));
  }

  /**
   * All keys, ntotal of them, in the order in which their vectors were added. The strings are made on the event loop: a
   * fifth of a second for a million.
   */
  async keys(): Promise<string[]> {
    return unpackKeys(await native.keys(Held.receiver(Held.keyMap(this)), undefined));
  }

  /** {@link keys} on the calling thread. Waits as {@link hasSync} does. */
  keysSync(): string[] {
    return unpackKeys(native.keysSync(Held.receiver(Held.keyMap(this))));
  }

  /**
   * The stored vector under this key, of size d, or those under these keys, n × d; from codes and transforms as
   * {@link Index.reconstruct} has it.
   * @throws ERR_OUT_OF_RANGE if there is none; of several keys nothing comes then, and the message says which
   */
  async reconstruct(key: string | Keys, options?: WorkOptions): Promise<Float32Array> {
    const self = Held.keyMap(this);
    checkNames(options, WORK_NAMES, 'reconstruct()');
    const work = workOf(options);
    const packed = oneOrMany(key);
    return await abortable(work, (token) => native.reconstructKeys(Held.receiver(self), packed, token));
  }

  /** {@link reconstruct} on the calling thread. Waits as {@link hasSync} does. */
  reconstructSync(key: string | Keys): Float32Array {
    return native.reconstructKeysSync(Held.receiver(Held.keyMap(this)), oneOrMany(key));
  }

  /**
   * The k nearest stored vectors of each of nq queries (nq × d; one query: length d), by their keys. Best first, equal
   * distances in the order of addition.
   *
   * @example
   * ```js
   * import { IndexFlatL2, IndexKeyMap, matrix } from 'voronode';
   *
   * const index = new IndexKeyMap(new IndexFlatL2(2));
   * await index.addWithKeys(matrix([[0, 0], [1, 0], [0, 3]]), ['a', 'b', 'c']);
   * const found = await index.search(matrix([[0, 1], [1, 1]]), 2, { filter: ['a', 'c', 'x'] });
   * for (const { keys, distances } of found) console.log(keys, distances);
   * // [ 'a', 'c' ] Float32Array(2) [ 1, 4 ]
   * // [ 'a', 'c' ] Float32Array(2) [ 2, 5 ]
   * ```
   * @param k 1 to 2^31 - 1
   * @throws ERR_VORONODE_NOT_TRAINED for an index that must be trained first
   */
  async search(
    queries: Float32Array,
    k: number,
    options?: KeySearchOptions<SearchOptionsOf<I>>,
  ): Promise<KeySearchResult> {
    const found = await search(Held.keyMap(this), queries, k, options, KEYS_OFF_THREAD);
    return new KeySearchResult(k, found.distances, found.keys as Uint8Array);
  }

  /** {@link search} on the calling thread. A signal counts only if it has fired before. */
  searchSync(queries: Float32Array, k: number, options?: SyncKeySearchOptions<SearchOptionsOf<I>>): KeySearchResult {
    const found = searchInPlace(Held.keyMap(this), queries, k, options, KEYS_IN_PLACE);
    return new KeySearchResult(k, found.distances, found.keys as Uint8Array);
  }

  /**
   * The k nearest stored vectors of one query, without padding. As {@link search}, but a query of another length than d is
   * an error, not several queries.
   * @throws ERR_VORONODE_DIMENSION unless the length of the query is d
   */
  async searchOne(
    query: Float32Array,
    k: number,
    options?: KeySearchOptions<SearchOptionsOf<I>>,
  ): Promise<KeyResultRow> {
    const self = Held.keyMap(this);
    return (await self.search(checkQuery(query, Held.dimension(self)), k, options)).row(0);
  }

  /** {@link searchOne} on the calling thread. */
  searchOneSync(query: Float32Array, k: number, options?: SyncKeySearchOptions<SearchOptionsOf<I>>): KeyResultRow {
    const self = Held.keyMap(this);
    return self.searchSync(checkQuery(query, Held.dimension(self)), k, options).row(0);
  }

  /**
   * For each of nq queries (nq × d) all vectors nearer than `radius`, strictly: squared distance < radius (`'l2'`),
   * inner product > radius (`'ip'`). Best first. The radius is rounded to float32.
   */
  async rangeSearch(
    queries: Float32Array,
    radius: number,
    options?: KeySearchOptions<SearchOptionsOf<I>>,
  ): Promise<KeyRangeSearchResult> {
    const found = await rangeSearch(Held.keyMap(this), queries, radius, options, KEYS_OFF_THREAD);
    return new KeyRangeSearchResult(found.lims, found.distances, found.keys as Uint8Array);
  }

  /** {@link rangeSearch} on the calling thread. */
  rangeSearchSync(
    queries: Float32Array,
    radius: number,
    options?: SyncKeySearchOptions<SearchOptionsOf<I>>,
  ): KeyRangeSearchResult {
    const found = rangeSearchInPlace(Held.keyMap(this), queries, radius, options, KEYS_IN_PLACE);
    return new KeyRangeSearchResult(found.lims, found.distances, found.keys as Uint8Array);
  }

  /** Learns from n sample vectors (n × d), as {@link Index.train}. */
  async train(vectors: Float32Array, options?: TrainOptions): Promise<void> {
    await train(Held.keyMap(this), vectors, options);
  }

  /** The same in place. It reports no progress: the thread that would hear of it does the work. */
  trainSync(vectors: Float32Array, options?: ClusteringOptions & AbortOptions): void {
    trainInPlace(Held.keyMap(this), vectors, options);
  }

  /**
   * Moves all vectors of `other` here, with their keys, behind those that are here; `other` is empty afterwards. The indexes
   * in both must be of one kind, as of {@link Index.mergeFrom}.
   * @throws ERR_INVALID_ARG_VALUE if a key is in both; ERR_VORONODE_UNSUPPORTED for other indexes
   */
  async mergeFrom(other: IndexKeyMap, options?: WorkOptions): Promise<void> {
    const [self, from] = [Held.keyMap(this), Held.keyMapHandle('other', other)];
    checkNames(options, WORK_NAMES, 'mergeFrom()');
    return await abortable(workOf(options), (token) => native.mergeFrom(Held.receiver(self), from, 0n, token));
  }

  /** {@link mergeFrom} on the calling thread. */
  mergeFromSync(other: IndexKeyMap): void {
    const self = Held.keyMap(this);
    native.mergeFromSync(Held.receiver(self), Held.keyMapHandle('other', other), 0n);
  }

  /** Removes all vectors; training is kept. */
  async reset(): Promise<void> {
    await native.reset(Held.receiver(Held.keyMap(this)), undefined);
  }

  /** {@link reset} on the calling thread. Waits for work under way. */
  resetSync(): void {
    native.resetSync(Held.receiver(Held.keyMap(this)));
  }

  async #replace(
    ...[vectors, keys, options, method, mustExist]: [Float32Array, Keys, TransferOptions | undefined, string, boolean]
  ): Promise<number> {
    const packed = packKeys('keys', keys, checkVectors('vectors', vectors, Held.dimension(this)));
    checkNames(options, TRANSFER_NAMES, method);
    const handle = Held.receiver(this);
    return await abortable(workOf(options), (token) => native.upsertKeys(handle, vectors, packed, mustExist, token));
  }

  #replaceSync(vectors: Float32Array, keys: Keys, mustExist: boolean): number {
    const packed = packKeys('keys', keys, checkVectors('vectors', vectors, Held.dimension(this)));
    return native.upsertKeysSync(Held.receiver(this), vectors, packed, mustExist);
  }
}

/** What is no object, or no list, is told as a wrong key. */
function oneOrMany(key: unknown): Uint8Array {
  return key === null || typeof key !== 'object' ? packKey('key', key) : packKeys('keys', key);
}

markCopy(IndexKeyMap);
registerKind('IndexKeyMap', () => IndexKeyMap);
