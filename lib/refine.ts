/** Exact order for the candidates of another index. */

import { Index, type SearchOptionsOf } from './index_base.js';
import { registerKind } from './kinds.js';
import { Made } from './made.js';
import { native } from './native.js';
import { checkNames } from './options.js';
import { declareParameter } from './parameters.js';
import { codeNumber, type ScalarCode } from './scalar_code.js';
import type { SearchOptions } from './search_options.js';
import { checkNumber } from './validate.js';

/** Faiss reads no file with more. */
const MAX_FACTOR = 1000;

/** What the constructors of {@link IndexRefine} and {@link IndexRefineFlat} take. */
export interface IndexRefineOptions {
  /** How many candidates per neighbour a search takes that does not say itself: 1 to 1000. Default: 1, as in Faiss. */
  kFactor?: number | undefined;
}

/** What searches of an {@link IndexRefine} take besides what its base takes. */
export interface RefineSearchOptions extends SearchOptions {
  /** How many candidates per neighbour the base is asked for, 1 to 1000. Default: the index's own `kFactor`. */
  kFactor?: number | undefined;
}

declare module './search_options.js' {
  interface AnySearchOptions extends RefineSearchOptions {}
}

/**
 * Faiss's IndexRefine: `baseIndex`, as a rule one in coarse codes, finds k · kFactor candidates, and the vectors in finer
 * codes, kept beside it, say which k are the nearest. Distances are exact for the vectors as they are decoded, which
 * `reconstruct` shows. It takes the memory of both. {@link IndexRefineFlat} keeps the vectors themselves.
 *
 * It numbers its vectors; for ids of your own wrap it: `new IndexIDMap(new IndexRefine(baseIndex, code))`. Removal, which
 * Faiss lacks here, renumbers as in a flat index.
 *
 * {@link rangeSearch} asks the base for a radius that is kFactor times as wide, and answers with what is within the radius.
 *
 * @example
 * ```js
 * import { IndexIVFScalarQuantizer, IndexRefine } from 'voronode';
 *
 * const vectors = Float32Array.from({ length: 1000 }, (_, i) => i);
 * const index = new IndexRefine(new IndexIVFScalarQuantizer(1, 10, 'SQ4'), 'SQfp16', { kFactor: 4 });
 * await index.train(vectors);
 * await index.add(vectors);
 * const { labels, distances } = await index.search(Float32Array.of(500.25), 1, { nprobe: 2 });
 * console.log(labels[0], distances[0]); // 500n 0.0625
 * ```
 */
export class IndexRefine<I extends Index = Index> extends Index<SearchOptionsOf<I> & RefineSearchOptions> {
  /**
   * @param baseIndex empty and not wrapped yet; from then on it changes through this index only
   * @param code how the vectors are kept that put candidates in order
   * @throws ERR_VORONODE_UNSUPPORTED for other indexes, and for an IndexIDMap, which belongs outside
   */
  constructor(baseIndex: I, code: ScalarCode, options?: IndexRefineOptions) {
    super(Made.is(baseIndex) ? baseIndex : makeRefine(baseIndex, 'IndexRefine', options, () => codeNumber(code)));
  }

  /** The index that finds the candidates; its `ntotal` grows with this one's. */
  get baseIndex(): I {
    return Index.inner(this) as I;
  }

  /**
   * How many candidates per neighbour a search takes that does not say itself (`{ kFactor }`): k · kFactor, rounded down.
   * The more, the fewer of the nearest are missed, and the longer it takes.
   */
  get kFactor(): number {
    return native.kFactor(Index.receiver(this));
  }

  /** 1 to 1000; rounded to float32. */
  set kFactor(kFactor: number) {
    native.setKFactor(Index.receiver(this), checkNumber('kFactor', kFactor, 1, MAX_FACTOR));
  }

  /** @internal */
  protected override facts(): Record<string, unknown> {
    Index.receiver(this);
    return { kFactor: this.kFactor, isTrained: this.isTrained };
  }
}

/**
 * Faiss's IndexRefineFlat: an {@link IndexRefine} that keeps the vectors themselves, as float32. Its distances are exact,
 * and `reconstruct` gives what was added.
 *
 * @example
 * ```js
 * import { IndexIVFScalarQuantizer, IndexRefineFlat } from 'voronode';
 *
 * const vectors = Float32Array.from({ length: 1000 }, (_, i) => i);
 * const index = new IndexRefineFlat(new IndexIVFScalarQuantizer(1, 10, 'SQ8'), { kFactor: 4 });
 * await index.train(vectors);
 * await index.add(vectors);
 * const { labels, distances } = await index.search(Float32Array.of(500.25), 1, { nprobe: 2 });
 * console.log(labels[0], distances[0]); // 500n 0.0625
 * ```
 */
export class IndexRefineFlat<I extends Index = Index> extends IndexRefine<I> {
  /**
   * @param baseIndex empty and not wrapped yet; from then on it changes through this index only
   * @throws ERR_VORONODE_UNSUPPORTED for other indexes, and for an IndexIDMap, which belongs outside
   */
  constructor(baseIndex: I, options?: IndexRefineOptions) {
    super((Made.is(baseIndex) ? baseIndex : makeRefine(baseIndex, 'IndexRefineFlat', options)) as never, 'SQ8');
  }
}

/** @param code the number of one; none: float32 */
function makeRefine(
  baseIndex: Index,
  taker: string,
  options: IndexRefineOptions | undefined,
  code?: () => number,
): Made {
  const base = Index.handle('baseIndex', baseIndex);
  const number = code?.();
  checkNames(options, ['kFactor'], taker);
  const kFactor = options?.kFactor;
  if (kFactor !== undefined) checkNumber('options.kFactor', kFactor, 1, MAX_FACTOR);
  const handle = native.refine(base, number);
  if (kFactor !== undefined) native.setKFactor(handle, kFactor);
  return new Made(handle, { inner: baseIndex });
}

declareParameter('kFactor');
registerKind('IndexRefineFlat', () => IndexRefineFlat);
registerKind('IndexRefine', () => IndexRefine);
