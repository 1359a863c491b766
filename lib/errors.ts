/**
 * Errors in Node's own form: the class says what kind of mistake it was, `code` which one, and the stack begins with
 * both, as in `TypeError [ERR_INVALID_ARG_TYPE]: The "k" argument must be …`. Messages are worded like Node's.
 */

import { inspect, types } from 'node:util';
import { ofOtherCopy } from './copy.js';

/**
 * Every `err.code` that this package itself assigns; errors of the file system have its codes (`ENOENT`, `EACCES`, …).
 *
 * - `ERR_INVALID_ARG_TYPE` (a `TypeError`): an argument of the wrong type; nothing is converted silently.
 * - `ERR_INVALID_THIS` (a `TypeError`): a method was called on something else than an object of its class, or on a Proxy
 *   around one.
 * - `ERR_INVALID_RETURN_VALUE` (a `TypeError`): a filter function returned something else than `true` or `false`.
 * - `ERR_INVALID_ARG_VALUE` (a `TypeError`): NaN or infinity in vectors, a malformed description, too few vectors to train.
 * - `ERR_OUT_OF_RANGE` (a `RangeError`): a number or an id outside of what is allowed.
 * - `ERR_VORONODE_DIMENSION` (a `RangeError`): a length that is no multiple of d.
 * - `ERR_VORONODE_NOT_TRAINED`: call `train()` first.
 * - `ERR_VORONODE_CLOSED`: the index was closed, or is not shared any more.
 * - `ERR_VORONODE_UNSUPPORTED`: not offered by this index, this version or, when the package is loaded, this platform.
 * - `ERR_VORONODE_CORRUPT`: bytes that are no index; with section and offset.
 * - `ERR_VORONODE_NO_MEMORY` (a `RangeError`): an allocation failed; the index is as it was.
 * - `ERR_VORONODE_INTERNAL`: a bug of this package; please report it.
 * - `ERR_ACCESS_DENIED`: Node's permission model is on and does not allow to read or write the file; with `permission` and
 *   `resource`, as Node's own.
 * - `ABORT_ERR`: the signal fired (`err.name` is `'AbortError'`, `err.cause` the signal's reason).
 */
export type ErrorCode =
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_THIS'
  | 'ERR_INVALID_RETURN_VALUE'
  | 'ERR_INVALID_ARG_VALUE'
  | 'ERR_OUT_OF_RANGE'
  | 'ERR_VORONODE_DIMENSION'
  | 'ERR_VORONODE_NOT_TRAINED'
  | 'ERR_VORONODE_CLOSED'
  | 'ERR_VORONODE_UNSUPPORTED'
  | 'ERR_VORONODE_CORRUPT'
  | 'ERR_VORONODE_NO_MEMORY'
  | 'ERR_VORONODE_INTERNAL'
  | 'ERR_ACCESS_DENIED'
  | 'ABORT_ERR';

type ErrorClass = new (message: string, options?: ErrorOptions) => Error;
export type CodedError = Error & { code: ErrorCode };

/** An error of the given class with `code`, also in the first line of its stack. */
export function codedError(Class: ErrorClass, code: ErrorCode, message: string, options?: ErrorOptions): CodedError {
  const error = new Class(message, options) as CodedError;
  error.code = code;
  const { stack } = error;
  if (stack?.startsWith(`${error.name}: `)) {
    const value = `${error.name} [${code}]${stack.slice(error.name.length)}`;
    Object.defineProperty(error, 'stack', { value, writable: true, configurable: true, enumerable: false });
  }
  return error;
}

/** What a promise rejects with when its signal fires; `cause` is the signal's reason. As Node's own. */
export class AbortError extends Error {
  readonly code = 'ABORT_ERR';
  override readonly name = 'AbortError';
  constructor(reason: unknown) {
    super('The operation was aborted', { cause: reason });
  }
}

/** The value in words, as Node's messages have it: `an instance of Map`, `type number (3)`, `undefined`, `number[]`. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object') return receivedObject(value);
  let text = inspect(value, { colors: false });
  if (text.length > 28) text = `${text.slice(0, 25)}...`;
  return `type ${typeof value} (${text})`;
}

function receivedObject(value: object): string {
  if (types.isProxy(value)) return 'a Proxy';
  if (Array.isArray(value)) return `${elementType(firstOf(value))}[]`;
  const name = className(value);
  return name === '' ? 'an object' : `an instance of ${name}${ofOtherCopy(value)}`;
}

function elementType(first: unknown): string {
  if (first === undefined) return 'any';
  if (first === null) return 'null';
  if (typeof first !== 'object') return typeof first;
  if (types.isProxy(first)) return 'object';
  return Array.isArray(first) ? `${elementType(firstOf(first))}[]` : className(first) || 'object';
}

/** '' for objects without a prototype, and for those whose getters throw: describing a value must not fail. */
export function className(value: object): string {
  try {
    const { name } = value.constructor;
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}

/** The first element of an array that is not a proxy; undefined if there is none, or if it cannot be looked at. */
export function firstOf(array: readonly unknown[]): unknown {
  try {
    return array[0];
  } catch {
    return undefined;
  }
}

/** `"k" argument`, `"options.signal" property`. */
function named(name: string): string {
  return `"${name}" ${name.includes('.') ? 'property' : 'argument'}`;
}

/** @param expected what the argument must be, with its preposition: `a Float32Array`, `of type number`. */
export function invalidType(name: string, expected: string, value: unknown, remedy = ''): CodedError {
  const message = `The ${named(name)} must be ${expected}. Received ${received(value)}${remedy && `; ${remedy}`}`;
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', message);
}

/** What to do about a Proxy that Vue or MobX has made, and about an object of another copy of the package; else ''. */
export function objectRemedy(value: unknown): string {
  if (value === null || typeof value !== 'object') return '';
  if (!types.isProxy(value)) {
    return (
      ofOtherCopy(value) &&
      'make it with this copy; npm ls voronode shows them all, and jest.resetModules() loads one more'
    );
  }
  return 'frameworks make them of what is kept in reactive state: pass the object itself (Vue: toRaw), or keep it out (Vue: markRaw, MobX: observable.ref)';
}

/** @param type the class whose object `this` must be. */
export function invalidThis(type: string, value: unknown): CodedError {
  const remedy = objectRemedy(value);
  const message = `Value of "this" must be of type ${type}. Received ${received(value)}${remedy && `; ${remedy}`}`;
  return codedError(TypeError, 'ERR_INVALID_THIS', message);
}

export function invalidValue(message: string): CodedError {
  return codedError(TypeError, 'ERR_INVALID_ARG_VALUE', message);
}

/** @param rule what the value must be: `an integer >= 1`, `>= -(2n ** 63n) and < 2n ** 63n`. */
export function outOfRange(name: string, rule: string, value: unknown): CodedError {
  const message = `The value of "${name}" is out of range. It must be ${rule}. Received ${inspect(value)}`;
  return codedError(RangeError, 'ERR_OUT_OF_RANGE', message);
}

export function wrongDimension(message: string): CodedError {
  return codedError(RangeError, 'ERR_VORONODE_DIMENSION', message);
}

export function unsupported(message: string): CodedError {
  return codedError(Error, 'ERR_VORONODE_UNSUPPORTED', message);
}
