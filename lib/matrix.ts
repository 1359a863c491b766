/** From rows to one row-major array: the only conversion offered, and an explicit one. */

import { types } from 'node:util';
import { allocate } from './allocate.js';
import { invalidType, wrongDimension } from './errors.js';
import { isArray } from './validate.js';

/**
 * Rows of equal length d, one after the other, as one array of size rows.length * d, rounded to float32.
 *
 * @example
 * ```js
 * import { matrix } from 'voronode';
 *
 * console.log(matrix([[1, 2], [3, 4]])); // Float32Array(4) [ 1, 2, 3, 4 ]
 * ```
 * @throws ERR_VORONODE_DIMENSION if the rows differ in length; ERR_VORONODE_NO_MEMORY if they are too many
 */
export function matrix(rows: readonly (readonly number[] | Float32Array)[]): Float32Array {
  if (!isArray(rows)) throw invalidType('rows', 'an array of number[] or Float32Array', rows);
  const n = rows.length;
  const d = n === 0 ? 0 : checkRow(rows[0], 0);
  const out = allocate(Float32Array, n * d, 'vectors');
  for (let i = 0; i < n; i++) {
    const row = rows[i] as readonly number[] | Float32Array;
    const length = checkRow(row, i);
    if (length !== d) {
      throw wrongDimension(
        `All rows must have the same length. Received ${d} components in row 0, ${length} in row ${i}`,
      );
    }
    if (!types.isFloat32Array(row)) checkComponents(row, i);
    out.set(row, i * d);
  }
  return out;
}

function checkRow(row: unknown, i: number): number {
  if (types.isFloat32Array(row) || isArray(row)) return row.length;
  throw invalidType(`rows[${i}]`, 'an array of number or a Float32Array', row, rowRemedy(row));
}

function rowRemedy(row: unknown): string {
  if (!types.isTypedArray(row)) return '';
  const big = types.isBigInt64Array(row) || types.isBigUint64Array(row);
  return `use matrix(rows.map((row) => Float32Array.from(row${big ? ', Number' : ''})))`;
}

function checkComponents(row: readonly unknown[], i: number): void {
  for (let j = 0; j < row.length; j++) {
    if (typeof row[j] !== 'number') throw invalidType(`rows[${i}][${j}]`, 'of type number', row[j]);
  }
}
