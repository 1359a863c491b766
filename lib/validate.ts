/**
 * Checks of arguments, for exact messages. None looks at the components of vectors: the addon does that while it
 * copies, and checks everything else again for memory safety. Types are told by internal slots, not by `instanceof`,
 * so that arrays of another realm (jest, `node:vm`) pass and proxies do not.
 */

import { fileURLToPath } from 'node:url';
import { inspect, types } from 'node:util';
import { firstOf, invalidType, invalidValue, outOfRange, wrongDimension } from './errors.js';
import { ownError } from './realm.js';

/** Beyond 2^20 components a vector is a mistake (Faiss stores d as int32). */
export const MAX_DIMENSION = 2 ** 20;

/** Neighbours per query; the addon counts no further. */
export const MAX_K = 2 ** 31 - 1;

/** An array, and not a proxy of one. */
export function isArray(value: unknown): value is readonly unknown[] {
  return !types.isProxy(value) && Array.isArray(value);
}

/**
 * Refuses arrays whose buffer was transferred away or shrunk under them: their length reads 0, which must not pass as
 * empty.
 */
export function checkAttached(name: string, array: Float32Array | BigInt64Array | Uint8Array): void {
  if (array.length !== 0) return;
  try {
    Uint8Array.prototype.entries.call(array as Uint8Array); // validates the array, returns a lazy iterator
  } catch {
    throw invalidValue(`The argument '${name}' must not be detached: its ArrayBuffer was transferred or shrunk`);
  }
}

function vectorsRemedy(name: string, value: unknown): string {
  if (types.isProxy(value)) return '';
  if (Buffer.isBuffer(value)) {
    return (
      `use Float32Array.from(${name}) if each byte is a component, ` +
      `new Float32Array(Uint8Array.from(${name}).buffer) if they are float32`
    );
  }
  if (types.isTypedArray(value)) {
    const big = types.isBigInt64Array(value) || types.isBigUint64Array(value);
    return big ? `use Float32Array.from(${name}, Number)` : `use Float32Array.from(${name})`;
  }
  if (types.isAnyArrayBuffer(value)) return `use new Float32Array(${name})`;
  if (types.isDataView(value)) return `use new Float32Array(${name}.buffer)`;
  if (!isArray(value)) return '';
  const first = firstOf(value);
  return isArray(first) || types.isTypedArray(first) ? `use matrix(${name})` : `use Float32Array.from(${name})`;
}

/** Vectors n × d, row-major. Returns n. */
export function checkVectors(name: string, value: unknown, d: number): number {
  if (!types.isFloat32Array(value)) throw invalidType(name, 'a Float32Array', value, vectorsRemedy(name, value));
  checkAttached(name, value);
  const remainder = value.length % d;
  if (remainder !== 0) {
    throw wrongDimension(
      `The length of "${name}" must be a multiple of d = ${d}. Received length ${value.length}, remainder ${remainder}`,
    );
  }
  return value.length / d;
}

/** One query of length d. */
export function checkQuery(value: unknown, d: number): Float32Array {
  if (!types.isFloat32Array(value)) throw invalidType('query', 'a Float32Array', value, vectorsRemedy('query', value));
  checkAttached('query', value);
  if (value.length === d) return value;
  const remedy = value.length > 0 && value.length % d === 0 ? `; use search() for ${value.length / d} queries` : '';
  throw wrongDimension(`The length of "query" must be d = ${d}. Received length ${value.length}${remedy}`);
}

/** An integer in [min, max]. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw outOfRange(name, `an integer >= ${min}${value > max ? ` && <= ${max}` : ''}`, value);
  }
  return value;
}

/** A radius, rounded to float32. Infinity is one: everything, or nothing. */
export function checkRadius(value: unknown): number {
  if (typeof value !== 'number') throw invalidType('radius', 'of type number', value);
  if (Number.isNaN(value)) throw outOfRange('radius', 'a number', value);
  return Math.fround(value);
}

/** A number in [min, max]. */
export function checkNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!(value >= min && value <= max)) throw outOfRange(name, `a number >= ${min} && <= ${max}`, value);
  return value;
}

/** An options object, or undefined. */
export function checkOptions(value: unknown): void {
  if (value === undefined) return;
  if (value === null || typeof value !== 'object' || isArray(value)) {
    throw invalidType('options', 'of type object', value);
  }
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value);
  return value;
}

export function checkString(name: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value);
  return value;
}

/** A path of the file system, as `node:fs` takes it: a string, a file URL, or bytes (of which it returns a copy). */
export function checkPath(value: unknown): string | Uint8Array {
  const path = isURL(value) ? fileOf(value) : value;
  if (typeof path === 'string') return withoutNull(path);
  if (!types.isUint8Array(path)) throw invalidType('path', 'of type string or an instance of Buffer or URL', value);
  checkAttached('path', path);
  return withoutNull(Buffer.from(path));
}

/** By its members, as Node tells it, so that a URL of another realm or of `whatwg-url` is one. */
function isURL(value: unknown): value is URL {
  if (value === null || typeof value !== 'object' || types.isProxy(value)) return false;
  const { href, protocol, auth, path } = value as Record<string, unknown>;
  return Boolean(href && protocol && auth === undefined && path === undefined);
}

function fileOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw ownError(error);
  }
}

function withoutNull<T extends string | Uint8Array>(path: T): T {
  const found = typeof path === 'string' ? path.includes('\0') : path.includes(0);
  if (!found) return path;
  const rule = 'must be a string, Uint8Array, or URL without null bytes';
  throw invalidValue(`The argument 'path' ${rule}. Received ${inspect(path)}`);
}

export function checkBytes(name: string, value: unknown): Uint8Array {
  if (!types.isUint8Array(value)) {
    const remedy = types.isAnyArrayBuffer(value) ? `use new Uint8Array(${name})` : '';
    throw invalidType(name, 'a Uint8Array', value, remedy);
  }
  checkAttached(name, value);
  return value;
}
