/** The caller's own int64 ids over an index that numbers its vectors. */

import { Index, type SearchOptionsOf } from './index_base.js';
import { registerKind } from './kinds.js';
import { Made } from './made.js';
import { native } from './native.js';

/**
 * Maps ids given by the caller to the positions in `index`. Add with {@link addWithIds}; filters and removal go by
 * these ids.
 *
 * @example
 * ```js
 * import { IndexFlatL2, IndexIDMap } from 'voronode';
 *
 * const index = new IndexIDMap(new IndexFlatL2(2));
 * index.addWithIdsSync(Float32Array.of(0, 0, 1, 1), [100, 2n ** 60n]);
 * console.log(index.searchSync(Float32Array.of(1, 0.9), 1).labels[0]); // 1152921504606846976n
 * ```
 */
export class IndexIDMap<I extends Index = Index> extends Index<SearchOptionsOf<I>> {
  /**
   * @param index empty and not wrapped yet; from then on it changes through the map only
   * @throws ERR_VORONODE_UNSUPPORTED for other indexes
   */
  constructor(index: I) {
    super(Made.is(index) ? index : makeMap(index, false));
  }

  /** The wrapped index; its `ntotal` grows with the map's. */
  get index(): I {
    return Index.inner(this) as I;
  }
}

function makeMap(index: Index, second: boolean): Made {
  return new Made(native.idMap(Index.handle('index', index), second), { inner: index });
}

/**
 * The same under Faiss's second name, which index files keep. (In Faiss only this one reconstructs by id; here both
 * do.)
 */
export class IndexIDMap2<I extends Index = Index> extends IndexIDMap<I> {
  /** As {@link IndexIDMap}. */
  constructor(index: I) {
    super((Made.is(index) ? index : makeMap(index, true)) as never);
  }
}

registerKind('IndexIDMap', () => IndexIDMap);
registerKind('IndexIDMap2', () => IndexIDMap2);
