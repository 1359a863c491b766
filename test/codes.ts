/** Inverted files in codes that hold whole numbers exactly, for comparison with ==. */

import {
  IndexFlat,
  IndexIVFScalarQuantizer,
  type IndexIVFScalarQuantizerOptions,
  IndexScalarQuantizer,
  type Metric,
  type ScalarCode,
} from '../lib/index.js';
import { Random } from './random.js';

/** The same where all vectors are scanned. */
export function exactFlatCodes(d: number, code: ScalarCode, metric: Metric = 'l2'): IndexScalarQuantizer {
  const index = new IndexScalarQuantizer(d, code, { metric });
  if (!index.isTrained) index.trainSync(exactRanges(d));
  return index;
}

/** Two vectors, from which bytes learn that code c stands for c - 127. */
export const exactRanges = (d: number) => Float32Array.from({ length: 2 * d }, (_, i) => (i < d ? -127.5 : 127.5));

/** With centroids of whole numbers; visits all its lists. SQ8: code c stands for c - 127. */
export function exactCodes(
  d: number,
  nlist: number,
  code: ScalarCode,
  options: IndexIVFScalarQuantizerOptions = {},
): IndexIVFScalarQuantizer {
  const quantizer = new IndexFlat(d, { metric: options.metric ?? 'l2' });
  quantizer.addSync(nlist === 1 ? new Float32Array(d) : new Random(d).integers(nlist * d));
  const index = new IndexIVFScalarQuantizer(d, nlist, code, { nprobe: nlist, quantizer, ...options });
  index.trainSync(exactRanges(d));
  return index;
}
