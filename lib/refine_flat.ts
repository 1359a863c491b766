/** Exact order for the candidates of another index. */

import { Index, type SearchOptionsOf } from './index_base.js';
import { registerKind } from './kinds.js';
import { Made } from './made.js';
import { native } from './native.js';
import { checkNames } from './options.js';
import { declareParameter } from './parameters.js';
import type { SearchOptions } from './search_options.js';
import { checkNumber } from './validate.js';

/** Faiss reads no file with more. */
const MAX_FACTOR = 1000;

/** What the constructor of {@link IndexRefineFlat} takes. */
export interface IndexRefineFlatOptions {
  /** How many candidates per neighbour a search takes that does not say itself: 1 to 1000. Default: 1, as in Faiss. */
  kFactor?: number | undefined;
}

/** What searches of an {@link IndexRefineFlat} take besides what its base takes. */
export interface RefineFlatSearchOptions extends SearchOptions {
  /** How many candidates per neighbour the base is asked for, 1 to 1000. Default: the index's own `kFactor`. */
  kFactor?: number | undefined;
}

declare module './search_options.js' {
  interface AnySearchOptions extends RefineFlatSearchOptions {}
}

/**
 * Faiss's IndexRefineFlat: `baseIndex`, as a rule one in codes, finds k · kFactor candidates, and the vectors themselves,
 * kept beside it as float32, say which k are the nearest. Distances are exact, and `reconstruct` gives what was added. It
 * takes the memory of both.
 *
 * It numbers its vectors; for ids of your own wrap it: `new IndexIDMap(new IndexRefineFlat(baseIndex))`. Removal, which Faiss
 * lacks here, renumbers as in a flat index.
 *
 * {@link rangeSearch} asks the base for a radius that is kFactor times as wide, and answers with what is within the radius.
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
export class IndexRefineFlat<I extends Index = Index> extends Index<SearchOptionsOf<I> & RefineFlatSearchOptions> {
  /**
   * @param baseIndex empty and not wrapped yet; from then on it changes through this index only
   * @throws ERR_VORONODE_UNSUPPORTED for other indexes, and for an IndexIDMap, which belongs outside
   */
  constructor(baseIndex: I, options?: IndexRefineFlatOptions) {
    super(Made.is(baseIndex) ? baseIndex : makeRefineFlat(baseIndex, options));
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

function makeRefineFlat(baseIndex: Index, options: IndexRefineFlatOptions | undefined): Made {
  const base = Index.handle('baseIndex', baseIndex);
  checkNames(options, ['kFactor'], 'IndexRefineFlat');
  const kFactor = options?.kFactor;
  if (kFactor !== undefined) checkNumber('options.kFactor', kFactor, 1, MAX_FACTOR);
  const handle = native.refineFlat(base);
  if (kFactor !== undefined) native.setKFactor(handle, kFactor);
  return new Made(handle, { inner: baseIndex });
}

declareParameter('kFactor');
registerKind('IndexRefineFlat', () => IndexRefineFlat);
