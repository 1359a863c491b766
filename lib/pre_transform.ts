/** An index behind a transform of vectors and queries. Made by `indexFactory(d, 'L2norm,Flat')` and `readIndex`. */

import { Index } from './index_base.js';
import { registerKind } from './kinds.js';
import type { Made } from './made.js';

/**
 * Transforms what goes in (`L2norm`: to length 1, so that inner products are cosines), then leaves the work to
 * `index`. Cosines are within [-1, 1]; those that rounding had carried beyond are in the order they had before.
 */
export class IndexPreTransform extends Index {
  private constructor(made: Made) {
    super(made); // refuses anything else
  }

  /** The index behind the transform: it stores, finds and reconstructs transformed vectors. */
  get index(): Index {
    return Index.inner(this) as Index;
  }
}

registerKind('IndexPreTransform', () => IndexPreTransform);
