/** An index behind transforms of vectors and queries. Made by `indexFactory(d, 'PCA64,Flat')` and `readIndex`. */

import { Index, type SearchOptionsOf } from './index_base.js';
import { registerKind } from './kinds.js';
import type { Made } from './made.js';

/**
 * Transforms what goes in, then leaves the work to `index`. It has the `d` of vectors as they come; `index` that of what
 * comes out. {@link indexFactory} makes these transforms, each also in front of others; Faiss's names in brackets:
 *
 * - `L2norm` (`NormalizationTransform`): to length 1, so that inner products are cosines. They are within [-1, 1]; those that
 *   rounding had carried beyond are in the order they had before.
 * - `PCA64` (`PCAMatrix`): the 64 directions in which the vectors of the training vary most. `PCAW64` scales them so that they
 *   all vary as much, `PCAR64` turns them at random, which spreads what they tell over all components, `PCAWR64` does both.
 * - `RR` (`RandomRotationMatrix`): turns vectors at random, into `RR64` 64 components.
 * - `Pad64` (`RemapDimensionsTransform`): zeros behind, up to 64 components.
 *
 * From files also any other `LinearTransform` (Faiss's OPQ is stored as one), other maps of components, and
 * `CenteringTransform`.
 *
 * PCA is learnt by `train`, which also makes the matrix of a rotation, as in Faiss. A transform that is trained stays as it
 * is when `train` is called again. `train` takes time that grows with d³: a second or two for 768 components, most of a minute
 * for 3072.
 *
 * {@link reconstruct} goes back through the transforms as far as they can be undone: rotations, padding and a mean are; of a
 * PCA into fewer components it gives the nearest vector that it can tell; lengths that `L2norm` took stay 1. A matrix that is
 * not orthonormal, as that of `PCAW`, is not undone: ERR_VORONODE_UNSUPPORTED.
 *
 * A vector or query that a transform would make infinite is refused with ERR_OUT_OF_RANGE.
 *
 * @example
 * ```js
 * import { indexFactory } from 'voronode';
 *
 * const index = indexFactory(3, 'PCA2,Flat');
 * const vectors = Float32Array.of(0, 0, 5, 4, 0, 5, 0, 2, 5, 4, 2, 5); // on a plane
 * index.trainSync(vectors);
 * index.addSync(vectors);
 * console.log(index.d, index.index.d); // 3 2
 * console.log(index.searchSync(Float32Array.of(4, 2, 5), 1).labels[0]); // 3n
 * ```
 */
export class IndexPreTransform<I extends Index = Index> extends Index<SearchOptionsOf<I>> {
  private constructor(made: Made) {
    super(made); // refuses anything else
  }

  /** The index behind the transforms: it stores, finds and reconstructs transformed vectors. */
  get index(): I {
    return Index.inner(this) as I;
  }
}

registerKind('IndexPreTransform', () => IndexPreTransform);
