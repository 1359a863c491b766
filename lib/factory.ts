/** Indexes from Faiss's description strings. */

import type { Index } from './index_base.js';
import { adopt } from './kinds.js';
import { native } from './native.js';
import { checkInteger, checkMetric, checkString, MAX_DIMENSION, type Metric, metricNumber } from './validate.js';

/**
 * Makes an index after a description: `'Flat'`, `'IDMap,Flat'`, `'IDMap2,Flat'`, `'L2norm,Flat'`,
 * `'IDMap,L2norm,Flat'`. Case matters and there are no spaces, as in Faiss.
 *
 * @param d components per vector, 1 to 2^20
 * @throws ERR_INVALID_ARG_VALUE for a malformed description, with the position; ERR_VORONODE_UNSUPPORTED for a part
 * of Faiss that is not offered
 */
export function indexFactory(d: number, description: string, metric: Metric = 'l2'): Index {
  checkInteger('d', d, 1, MAX_DIMENSION);
  checkString('description', description);
  return adopt(native.factory(d, description, metricNumber(checkMetric('metric', metric))));
}
