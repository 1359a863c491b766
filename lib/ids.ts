/** Ids: int64, as a `BigInt64Array` or an array of bigints and safe integers. */

import { types } from 'node:util';
import { allocate } from './allocate.js';
import { invalidType, objectRemedy, outOfRange } from './errors.js';
import { checkAttached, isArray } from './validate.js';

/** Ids from the caller. Numbers must be integers within ±(2^53 - 1); larger ids are bigints. */
export type Ids = BigInt64Array | readonly (bigint | number)[];

const MIN_ID = -(2n ** 63n);
const MAX_ID = 2n ** 63n - 1n;
const EXPECTED = 'a BigInt64Array or an array of bigint or safe-integer number';

/** One id as a bigint in the range of int64. */
export function checkId(name: string, value: unknown): bigint {
  if (typeof value === 'bigint') {
    if (value < MIN_ID || value > MAX_ID) throw outOfRange(name, '>= -(2n ** 63n) and < 2n ** 63n', value);
    return value;
  }
  if (typeof value !== 'number') throw invalidType(name, 'of type bigint or number', value);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (!Number.isSafeInteger(value)) throw outOfRange(name, 'a safe integer; pass larger ids as a bigint', value);
  return BigInt(value);
}

/** Ids for new vectors, one for each of n. -1 is refused: it marks padding in results. */
export function checkNewIds(value: unknown, n: number): BigInt64Array {
  const ids = checkIds('ids', value, n);
  const i = ids.indexOf(-1n);
  if (i !== -1) throw outOfRange(`ids[${i}]`, 'an id other than -1, which marks padding in results', -1n);
  return ids;
}

/** A `BigInt64Array` is passed through, not copied; `n`: how many there must be. */
export function checkIds(name: string, value: unknown, n?: number): BigInt64Array {
  if (types.isBigInt64Array(value)) {
    checkAttached(name, value);
    checkCount(name, value.length, n);
    return value;
  }
  if (!isArray(value)) throw invalidType(name, EXPECTED, value, remedy(name, value));
  checkCount(name, value.length, n);
  return fromArray(name, value);
}

function checkCount(name: string, length: number, n: number | undefined): void {
  if (n !== undefined && length !== n) throw outOfRange(`${name}.length`, `${n}, one id per vector`, length);
}

function fromArray(name: string, values: readonly unknown[]): BigInt64Array {
  const ids = allocate(BigInt64Array, values.length, 'ids');
  for (let i = 0; i < ids.length; i++) ids[i] = checkId(`${name}[${i}]`, values[i]);
  return ids;
}

function remedy(name: string, value: unknown): string {
  if (types.isBigUint64Array(value)) return `use BigInt64Array.from(${name})`;
  if (types.isTypedArray(value) && !Buffer.isBuffer(value)) return `use Array.from(${name})`;
  if (types.isSet(value)) return `use [...${name}]`;
  if (typeof value === 'bigint' || typeof value === 'number') return `use [${name}]`;
  return types.isProxy(value) ? '' : objectRemedy(value);
}
