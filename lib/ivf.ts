/**
 * Inverted files: vectors in lists, one for each of nlist centroids, of which a search visits only the nprobe nearest.
 * Among the vectors of these lists its answer is exact.
 */

import { invalidThis, invalidType, invalidValue, wrongDimension } from './errors.js';
import { Index } from './index_base.js';
import { adopt, registerKind } from './kinds.js';
import { Made } from './made.js';
import { type Metric, metricNumber, metricOf } from './metric.js';
import { type NativeIndex, native } from './native.js';
import { checkNames } from './options.js';
import { declareParameter } from './parameters.js';
import { codeNumber, isDirect, type ScalarCode } from './scalar_code.js';
import type { SearchOptions } from './search_options.js';
import { checkBoolean, checkInteger, MAX_DIMENSION } from './validate.js';

/** More lists are a mistake: an empty list takes tens of bytes, and a search looks at every centroid. */
export const MAX_LISTS = 2 ** 24;

/** What searches of inverted files take besides the queries. */
export interface IVFSearchOptions extends SearchOptions {
  /**
   * How many lists to visit, 1 or more: the more, the better the answer, and the longer it takes. nlist and above visit
   * all. Default: the index's own `nprobe`.
   */
  nprobe?: number | undefined;
}

declare module './search_options.js' {
  interface AnySearchOptions extends IVFSearchOptions {}
}

/**
 * What all inverted files are. Adds need {@link train} first, and take the caller's ids ({@link addWithIds}) or give
 * running ones ({@link add}).
 */
export abstract class IndexIVF extends Index<IVFSearchOptions> {
  /** Kept, so that an index always shows the same one. */
  #quantizer: Index | undefined;

  /** @internal */
  protected constructor(made: Made) {
    super(made);
    this.#quantizer = made.parts.quantizer;
  }

  /** How many lists there are. */
  get nlist(): number {
    return native.nlist(Index.receiver(this));
  }

  /** How many lists a search visits that does not say itself (`{ nprobe }`). 1 or more; above nlist: all. */
  get nprobe(): number {
    return native.nprobe(Index.receiver(this));
  }

  /** 1 to 2^53 - 1. */
  set nprobe(nprobe: number) {
    native.setNprobe(Index.receiver(this), checkInteger('nprobe', nprobe, 1, Number.MAX_SAFE_INTEGER));
  }

  /**
   * The index of the centroids: an IndexFlat of nlist vectors, none before the training. It changes through this index
   * only. From a file it may hold others, as a shard of a larger index does (Faiss: `shard_ivf_index_centroids`), and be
   * an IndexIDMap whose ids are the numbers of their lists. A copy of it can be the
   * quantizer of another index.
   *
   * @example
   * ```js
   * import { deserializeIndexSync, IndexIVFFlat, serializeIndexSync } from 'voronode';
   *
   * const first = new IndexIVFFlat(1, 10);
   * first.trainSync(Float32Array.from({ length: 1000 }, (_, i) => i));
   * const quantizer = deserializeIndexSync(serializeIndexSync(first.quantizer));
   * const second = new IndexIVFFlat(1, 10, { quantizer });
   * console.log(second.isTrained); // true
   * ```
   */
  get quantizer(): Index {
    const handle = Index.receiver(this);
    if (!(#quantizer in this)) throw invalidThis('IndexIVF', this);
    this.#quantizer ??= adopt(native.quantizer(handle));
    return this.#quantizer;
  }

  /** How many vectors each list holds, of size nlist. */
  async listSizes(): Promise<Float64Array> {
    return await native.listSizes(Index.receiver(this), undefined);
  }

  /** {@link listSizes} on the calling thread. Waits for a training, removal or merge under way. */
  listSizesSync(): Float64Array {
    return native.listSizesSync(Index.receiver(this));
  }

  /**
   * nlist · Σ size² / ntotal²: 1 if all lists are equally long, nlist if one has everything. A search takes about so
   * many times as long as with equal lists.
   */
  async imbalance(): Promise<number> {
    return await native.imbalance(Index.receiver(this), undefined);
  }

  /** {@link imbalance} on the calling thread. Waits as {@link listSizesSync} does. */
  imbalanceSync(): number {
    return native.imbalanceSync(Index.receiver(this));
  }

  /** @internal */
  protected override facts(): Record<string, unknown> {
    Index.receiver(this);
    return { nlist: this.nlist, nprobe: this.nprobe, isTrained: this.isTrained };
  }
}

declareParameter('nprobe');

/** What the constructors of all inverted files take. */
export interface IndexIVFOptions {
  /** Default: `'l2'`. */
  metric?: Metric;
  /**
   * What says to which list a vector belongs: a flat index of the same d, empty (training fills it) or with nlist
   * centroids (training keeps them). It changes through the new index only; to share what one was trained with, give each
   * further index a copy: `deserializeIndexSync(serializeIndexSync(quantizer))`. Default: a new one of the same metric.
   */
  quantizer?: Index | undefined;
  /** How many lists a search visits that does not say itself. Default: 1, as in Faiss; `tune` finds a better one. */
  nprobe?: number | undefined;
}

/** For callers who give a quantizer first, as Faiss has it in Python. */
const ORDERS = {
  sketch: 'the quantizer is an option: new IndexIVFFlat(d, nlist, { quantizer })',
  byResidual: 'the quantizer is an option: new IndexIVFScalarQuantizer(d, nlist, code, { quantizer })',
};

/**
 * Checks them, in the form that the addon takes.
 * @param own the option that only this kind has
 */
function checkShared(d: unknown, nlist: number, options: IndexIVFOptions | undefined, own: 'sketch' | 'byResidual') {
  if (Index.is(d)) throw invalidType('d', 'of type number', d, ORDERS[own]);
  checkInteger('d', d, 1, MAX_DIMENSION);
  checkInteger('nlist', nlist, 1, MAX_LISTS);
  checkNames(
    options,
    ['metric', 'quantizer', 'nprobe', own],
    own === 'sketch' ? 'IndexIVFFlat' : 'IndexIVFScalarQuantizer',
  );
  const metric = metricNumber(metricOf(options));
  const nprobe = options?.nprobe;
  if (nprobe !== undefined) checkInteger('options.nprobe', nprobe, 1, Number.MAX_SAFE_INTEGER);
  const quantizer = options?.quantizer;
  const centroids = quantizer === undefined ? undefined : Index.handle('options.quantizer', quantizer);
  if (quantizer !== undefined && quantizer.d !== d) {
    throw wrongDimension(`The quantizer must have the d of the index, ${d}. Received one of d = ${quantizer.d}`);
  }
  return { metric, centroids };
}

/** A new index with them. */
function settled(handle: NativeIndex, options: IndexIVFOptions | undefined): Made {
  if (options?.nprobe !== undefined) native.setNprobe(handle, options.nprobe);
  return new Made(handle, { quantizer: options?.quantizer });
}

/** What the constructor of {@link IndexIVFFlat} takes. */
export interface IndexIVFFlatOptions extends IndexIVFOptions {
  /**
   * Whether to keep an int8 sketch of each vector beside it: a quarter more memory and several times faster searches
   * with the same answers, to the bit. Default: `true`.
   */
  sketch?: boolean | undefined;
}

/**
 * Faiss's IndexIVFFlat: lists of float32 vectors.
 *
 * @example
 * ```js
 * import { IndexIVFFlat } from 'voronode';
 *
 * const vectors = Float32Array.from({ length: 1000 }, (_, i) => i); // 1000 vectors of one component
 * const index = new IndexIVFFlat(1, 10);
 * await index.train(vectors);
 * await index.add(vectors);
 * const { labels } = await index.search(Float32Array.of(500.25), 2, { nprobe: 2 });
 * console.log(labels); // BigInt64Array(2) [ 500n, 501n ]
 * ```
 */
export class IndexIVFFlat extends IndexIVF {
  /**
   * @param d components per vector, 1 to 2^20
   * @param nlist lists, 1 to 2^24; `suggestIndex(n, d)` has an idea
   */
  constructor(d: number, nlist: number, options?: IndexIVFFlatOptions) {
    super(Made.is(d) ? d : makeIVFFlat(d, nlist, options));
  }
}

function makeIVFFlat(d: number, nlist: number, options: IndexIVFFlatOptions | undefined): Made {
  const { metric, centroids } = checkShared(d, nlist, options, 'sketch');
  const sketch = options?.sketch === undefined || checkBoolean('options.sketch', options.sketch);
  return settled(native.ivfFlat(d, nlist, metric, sketch, centroids), options);
}

registerKind('IndexIVFFlat', () => IndexIVFFlat);

/** What the constructor of {@link IndexIVFScalarQuantizer} takes. */
export interface IndexIVFScalarQuantizerOptions extends IndexIVFOptions {
  /**
   * Whether to code the difference of a vector from the centroid of its list, which is smaller than the vector and loses
   * less. Default: `true`, as in Faiss; `false` for the direct codes, whose whole numbers differences are not.
   */
  byResidual?: boolean | undefined;
}

/**
 * Faiss's IndexIVFScalarQuantizer: lists of vectors in codes, a half (`'SQfp16'`) to an eighth (`'SQ4'`) of the bytes. Its
 * answers are exact for the vectors as they are decoded, which `reconstruct` shows. Codes with ranges must be trained even
 * with a quantizer that has its centroids.
 *
 * @example
 * ```js
 * import { IndexIVFScalarQuantizer } from 'voronode';
 *
 * const vectors = Float32Array.from({ length: 1000 }, (_, i) => i);
 * const index = new IndexIVFScalarQuantizer(1, 10, 'SQ8');
 * await index.train(vectors);
 * await index.add(vectors);
 * const [decoded] = await index.reconstruct(500);
 * console.log(Math.abs(decoded - 500) < 1); // true
 * ```
 */
export class IndexIVFScalarQuantizer extends IndexIVF {
  /**
   * @param d components per vector, 1 to 2^20
   * @param nlist lists, 1 to 2^24; `suggestIndex(n, d)` has an idea
   */
  constructor(d: number, nlist: number, code: ScalarCode, options?: IndexIVFScalarQuantizerOptions) {
    super(Made.is(d) ? d : makeScalarQuantizer(d, nlist, code, options));
  }
}

function makeScalarQuantizer(
  d: number,
  nlist: number,
  code: ScalarCode,
  options: IndexIVFScalarQuantizerOptions | undefined,
): Made {
  const { metric, centroids } = checkShared(d, nlist, options, 'byResidual');
  const number = codeNumber(code);
  const wanted = options?.byResidual;
  const residual = wanted === undefined ? !isDirect(code) : checkBoolean('options.byResidual', wanted);
  if (residual && isDirect(code)) {
    throw invalidValue(
      `The property 'options.byResidual' must be false for '${code}': differences from centroids are no whole numbers`,
    );
  }
  return settled(native.ivfScalarQuantizer(d, nlist, number, metric, residual, centroids), options);
}

declare module './description.js' {
  interface DescribedLists extends Record<DescribedCode, IndexIVFScalarQuantizer> {}
}

registerKind('IndexIVFScalarQuantizer', () => IndexIVFScalarQuantizer);
