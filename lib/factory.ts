/** Indexes from Faiss's description strings. */

import type { DescribedIndex } from './description.js';
import type { Index } from './index_base.js';
import { adopt } from './kinds.js';
import { checkMetric, type Metric, metricNumber } from './metric.js';
import { native } from './native.js';
import { checkInteger, checkString, MAX_DIMENSION } from './validate.js';

/**
 * Makes an index after a description: `'Flat'`, or a code of vectors, such as `'SQ8'` or `'SQfp16'` ({@link ScalarCode}, all
 * but the uniform ones); lists of these, `'IVF1024,Flat'`, `'IVF1024,SQ8'` (also `'IVF4k,…'`, `'IVF1M,…'`, in units of 1024
 * and 1024²); any of them behind transforms, `'L2norm,'`, `'PCA64,'`, `'PCAW64,'`, `'PCAR64,'`, `'PCAWR64,'`, `'RR,'`,
 * `'RR64,'` or `'Pad64,'` (see {@link IndexPreTransform}); all of these before `',RFlat'` or `',Refine(SQfp16)'` (an
 * `IndexRefineFlat` or `IndexRefine`: its distances are those of vectors as they come, even where `'PCA64,'` leaves fewer
 * components to what finds candidates); and all under `'IDMap,'` or `'IDMap2,'`. Case matters and there are no spaces, as in
 * Faiss.
 *
 * @example
 * ```js
 * import { indexFactory } from 'voronode';
 *
 * console.log(indexFactory(64, 'IDMap,L2norm,Flat', 'ip').ntotal); // 0
 * console.log(indexFactory(64, 'IVF256,SQ8').isTrained); // false
 * console.log(indexFactory(64, 'PCA16,Flat').index.d); // 16
 * ```
 * @param d components per vector, 1 to 2^20
 * @param metric `'l2'` unless given; undefined is not: it comes of a constant that does not exist
 * @throws ERR_INVALID_ARG_VALUE for a malformed description, with the position; ERR_VORONODE_UNSUPPORTED for a part
 * of Faiss that is not offered
 */
export function indexFactory<const D extends string, M extends Metric = 'l2'>(
  d: number,
  description: D,
  metric?: M,
): DescribedIndex<D, M>;
// As a list, which tells a metric that is undefined from none.
export function indexFactory(d: number, description: string, ...rest: unknown[]): Index {
  checkInteger('d', d, 1, MAX_DIMENSION);
  checkString('description', description);
  const metric = rest.length === 0 ? 'l2' : checkMetric('metric', rest[0]);
  return adopt(native.factory(d, description, metricNumber(metric)));
}
