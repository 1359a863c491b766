/** k-means for its own sake: what trains inverted files, with its answer in hand. */

import { type AbortOptions, abortable, signalOf, type TransferOptions, throwIfAborted, workOf } from './abort.js';
import {
  CLUSTERING_NAMES,
  type ClusteringOptions,
  clusteringOf,
  type ProgressOptions,
  progressOf,
  refuseProgress,
  SYNC_CLUSTERING_NAMES,
  warnFewVectors,
} from './clustering.js';
import { type NativeKMeans, native } from './native.js';
import { checkNames } from './options.js';
import { checkInteger, checkVectors, MAX_DIMENSION } from './validate.js';

/** The addon numbers centroids with 32 bits. */
const MAX_CENTROIDS = 2 ** 32 - 1;

/** What {@link kmeans} takes besides the vectors. */
export interface KMeansOptions extends ClusteringOptions, ProgressOptions, TransferOptions {}

/** What {@link kmeans} finds. */
export interface KMeansResult {
  /** k × d, row-major. */
  centroids: Float32Array;
  /**
   * Size n: the centroid of each vector, the nearest one (spherical: of the largest inner product); of equal ones the
   * smaller number.
   */
  assignments: Uint32Array;
  /**
   * Per iteration of the run that was kept: the sum over the vectors used of the squared distance to their centroid;
   * spherical: of the inner product.
   */
  objective: Float64Array;
}

/**
 * Finds k centroids of n vectors (n × d) such that the vectors lie close to them, with Faiss's method and defaults. The
 * same for any number of threads and on every machine.
 *
 * @example
 * ```js
 * import { kmeans } from 'voronode';
 *
 * const vectors = Float32Array.of(1, 2, 3, 101, 102, 103); // six vectors of one component
 * const { centroids, assignments } = await kmeans(vectors, 1, 2, { minPointsPerCentroid: 1 });
 * console.log(centroids.toSorted()); // Float32Array(2) [ 2, 102 ]
 * console.log(assignments[0] !== assignments[5]); // true
 * ```
 * @param d components per vector, 1 to 2^20
 * @param k 1 to n
 * @throws ERR_INVALID_ARG_VALUE for fewer vectors than centroids
 */
export async function kmeans(
  vectors: Float32Array,
  d: number,
  k: number,
  options?: KMeansOptions,
): Promise<KMeansResult> {
  check(vectors, d, k);
  checkNames(options, CLUSTERING_NAMES, 'kmeans()');
  const work = workOf(options);
  const params = clusteringOf(options);
  const progress = progressOf(options);
  return resultOf(await abortable(work, (token) => native.kmeans(vectors, d, k, params, progress, token)), k, options);
}

/** The same in place. It reports no progress: the thread that would hear of it does the work. */
export function kmeansSync(
  vectors: Float32Array,
  d: number,
  k: number,
  options?: ClusteringOptions & AbortOptions,
): KMeansResult {
  check(vectors, d, k);
  checkNames(options, SYNC_CLUSTERING_NAMES, 'kmeansSync()');
  throwIfAborted(signalOf(options));
  const params = clusteringOf(options);
  refuseProgress(options, 'kmeans()');
  return resultOf(native.kmeansSync(vectors, d, k, params), k, options);
}

function check(vectors: Float32Array, d: number, k: number): void {
  checkInteger('d', d, 1, MAX_DIMENSION);
  checkVectors('vectors', vectors, d);
  checkInteger('k', k, 1, MAX_CENTROIDS);
}

function resultOf(found: NativeKMeans, k: number, options: ClusteringOptions | undefined): KMeansResult {
  const { centroids, assignments, objective, fewPoints } = found;
  if (fewPoints) warnFewVectors(assignments.length, k, 'clusters', options);
  return { centroids, assignments, objective };
}
