/** The caller's own int64 ids over an index that numbers its vectors. */

import { construct, Index } from './index_base.js';
import { native } from './native.js';

/**
 * Maps ids given by the caller to the positions in `index`. Add with {@link addWithIds}; filters and removal go by
 * these ids.
 */
export class IndexIDMap extends Index {
  /**
   * @param index empty and not wrapped yet; from then on it changes through the map only
   * @throws ERR_VORONODE_UNSUPPORTED for other indexes
   */
  constructor(index: Index) {
    const second = new.target === IndexIDMap2 || new.target.prototype instanceof IndexIDMap2;
    super(construct, native.idMap(Index.handle('index', index), second), index);
  }

  /** The wrapped index; its `ntotal` grows with the map's. */
  get index(): Index {
    return Index.inner(this) as Index;
  }
}

/**
 * The same under Faiss's second name, which index files keep. (In Faiss only this one reconstructs by id; here both
 * do.)
 */
export class IndexIDMap2 extends IndexIDMap {}
