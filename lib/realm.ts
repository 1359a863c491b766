/**
 * Brings what the addon answers into the realm of this copy of lib/, and gives its errors a stack.
 *
 * The addon makes its objects in the realm in which Node began. Where lib/ is evaluated in another one (jest, vitest's
 * `vmThreads` and `vmForks`, `node:vm`), `labels instanceof BigInt64Array` would be false there, and so would
 * `error instanceof TypeError`. So arrays are viewed anew, without a copy, and errors are made anew. What is made on a
 * worker thread of the addon has no stack: it is made anew in an `async` function, where V8 knows who waits.
 */

import { types } from 'node:util';
import { codedError } from './errors.js';

type Call = (...args: unknown[]) => unknown;
type View = Float32Array | Float64Array | BigInt64Array | Uint32Array | Uint8Array;
type ViewClass = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => View;

/** This realm's own, before any script replaces them. */
const views: Readonly<Record<string, ViewClass>> = {
  Float32Array,
  Float64Array,
  BigInt64Array,
  Uint32Array,
  Uint8Array,
};
const classes: Readonly<Record<string, ErrorConstructor>> = { TypeError, RangeError };

/** What the caller's own functions threw: it comes back as it is. */
const callers = new WeakSet<object>();

/** Marks what a function of the caller threw while the addon called it. */
export function keepThrown(value: unknown): void {
  if (value !== null && (typeof value === 'object' || typeof value === 'function')) callers.add(value);
}

/** The same functions, answering in this realm: by value, by promise and by what they throw. */
export function inThisRealm<T extends object>(addon: T): T {
  const calls = Object.entries(addon).map(([name, call]) => [name, wrapped(call as Call)]);
  return Object.fromEntries(calls) as T;
}

function wrapped(call: Call): Call {
  const ofThisRealm = Object.getPrototypeOf(call) === Function.prototype;
  const bring = ofThisRealm ? asItIs : ownValue;
  const isPromise = ofThisRealm ? isOwnPromise : types.isPromise;
  const settled = async (promise: unknown): Promise<unknown> => {
    try {
      return bring(await promise);
    } catch (error) {
      throw ownError(error);
    }
  };
  return (...args) => {
    let value: unknown;
    try {
      value = call(...args);
    } catch (error) {
      throw ownError(error);
    }
    if (value === null || typeof value !== 'object') return value;
    return isPromise(value) ? settled(value) : bring(value);
  };
}

/** Of promises as V8 makes them, whatever a script has put in the place of `Promise`. Faster than `types.isPromise`. */
const promises: unknown = Object.getPrototypeOf((async () => undefined)());
const isOwnPromise = (value: unknown): boolean => Object.getPrototypeOf(value) === promises;

const asItIs = (value: unknown): unknown => value;

/** A value that the addon has just made. Handles stay what they are: objects without properties. */
function ownValue(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (ArrayBuffer.isView(value)) return ownView(value as View);
  if (Array.isArray(value)) return Array.from(value, ownValue);
  const entries = Object.entries(value);
  return entries.length === 0 ? value : Object.fromEntries(entries.map(([key, part]) => [key, ownValue(part)]));
}

function ownView(view: View): View {
  const Own = views[view[Symbol.toStringTag]];
  if (Own === undefined || view instanceof Own) return view;
  return new Own(view.buffer, view.byteOffset, view.length);
}

/**
 * An error of the addon or of Node as one of this realm, with a stack that begins where this is called. What is of this
 * realm and has a stack already stays, as does what the caller's own functions threw.
 */
export function ownError(error: unknown): unknown {
  if (!types.isNativeError(error) || callers.has(error)) return error;
  if (error instanceof Error && error.stack?.includes('\n    at ')) return error;
  const Class = classes[error.name] ?? Error;
  const { code } = error as { code?: unknown };
  const coded = typeof code === 'string' && code.startsWith('ERR_'); // Node shows ENOENT and its like in messages only
  const own = coded ? codedError(Class, code as never, error.message) : new Class(error.message);
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (key !== 'stack' && key !== 'message') Object.defineProperty(own, key, property);
  }
  return own;
}
