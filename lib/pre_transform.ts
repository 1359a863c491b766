/** An index behind a transform of vectors and queries. Made by `indexFactory(d, 'L2norm,Flat')` and `readIndex`. */

import { Index, type SearchOptionsOf } from './index_base.js';
import { registerKind } from './kinds.js';
import type { Made } from './made.js';

/**
 * Transforms what goes in (`L2norm`: to length 1, so that inner products are cosines), then leaves the work to
 * `index`. Cosines are within [-1, 1]; those that rounding had carried beyond are in the order they had before.
 */
export class IndexPreTransform<I extends Index = Index> extends Index<SearchOptionsOf<I>> {
  private constructor(made: Made) {
    super(made); // refuses anything else
  }

  /** The index behind the transform: it stores, finds and reconstructs transformed vectors. */
  get index(): I {
    return Index.inner(this) as I;
  }
}

registerKind('IndexPreTransform', () => IndexPreTransform);
