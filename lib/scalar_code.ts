/** The codes of vectors, by the names of Faiss's descriptions. */

import { invalidValue } from './errors.js';
import { checkString } from './validate.js';

/**
 * How a component of a vector is kept:
 *
 * - `'SQ8'`, `'SQ6'`, `'SQ4'`: as a number of 8, 6 or 4 bits, evenly spaced between the least and the greatest of its
 *   dimension in the training;
 * - `'SQ8_uniform'`, `'SQ4_uniform'`: the same between the least and the greatest of all components;
 * - `'SQfp16'`: as a half-precision float, 11 significant bits, magnitudes to 65504;
 * - `'SQbf16'`: as the upper half of a float32, 8 significant bits, all magnitudes;
 * - `'SQ8_direct'`, `'SQ8_direct_signed'`: as a whole number of a byte, 0 to 255 or -128 to 127; fractions are
 *   rounded down.
 */
export type ScalarCode =
  | 'SQ8'
  | 'SQ6'
  | 'SQ4'
  | 'SQfp16'
  | 'SQbf16'
  | 'SQ8_direct'
  | 'SQ8_direct_signed'
  | 'SQ8_uniform'
  | 'SQ4_uniform';

/** Faiss's numbers of its QuantizerType. */
const CODES: ReadonlyMap<string, number> = new Map<ScalarCode, number>([
  ['SQ8', 0],
  ['SQ6', 6],
  ['SQ4', 1],
  ['SQfp16', 4],
  ['SQbf16', 7],
  ['SQ8_direct', 5],
  ['SQ8_direct_signed', 8],
  ['SQ8_uniform', 2],
  ['SQ4_uniform', 3],
]);

/** The number of a code for the addon. */
export function codeNumber(code: unknown): number {
  const number = CODES.get(checkString('code', code));
  if (number !== undefined) return number;
  const names = Array.from(CODES.keys(), (name) => `'${name}'`).join(', ');
  throw invalidValue(`The argument 'code' must be one of: ${names}. Received ${JSON.stringify(code)}`);
}

/** Whether a code is of whole numbers, which differences from centroids are not. */
export function isDirect(code: ScalarCode): boolean {
  return code.startsWith('SQ8_direct');
}
