/** Vectors to length 1: cosine similarity is the inner product of normalised vectors. */

import { native } from './native.js';
import { checkInteger, checkVectors, MAX_DIMENSION } from './validate.js';

/**
 * Scales each of the vectors (n × d, in place) to Euclidean length 1. Zero vectors stay zero.
 * @throws ERR_INVALID_ARG_VALUE for NaN and infinity, before anything is changed
 */
export function normalizeL2(vectors: Float32Array, d: number): void {
  checkInteger('d', d, 1, MAX_DIMENSION);
  checkVectors('vectors', vectors, d);
  native.normalizeL2(vectors, d);
}
