/** Ties an AbortSignal to a token of the addon for as long as one operation runs. */

import { AbortError, invalidType } from './errors.js';
import { type NativeToken, native } from './native.js';
import { checkOptions } from './validate.js';

/** What every method that returns a promise takes. */
export interface AbortOptions {
  /** Aborts the operation: the promise rejects with an `AbortError`, and the index is as it was. */
  signal?: AbortSignal | undefined;
}

/** The signal of an options object; told by its members, so that signals of other realms and polyfills pass. */
export function signalOf(options: AbortOptions | undefined): AbortSignal | undefined {
  checkOptions(options);
  const signal = options?.signal;
  if (signal === undefined) return undefined;
  const ok =
    signal !== null &&
    typeof signal === 'object' &&
    typeof signal.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function' &&
    typeof signal.removeEventListener === 'function';
  if (!ok) throw invalidType('options.signal', 'an instance of AbortSignal', signal);
  return signal;
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError(signal.reason);
}

/** Runs an operation of the addon, abortable by the signal if there is one. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  start: (token: NativeToken | undefined) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return start(undefined);
  throwIfAborted(signal);
  const token = native.token();
  const fire = () => native.cancel(token);
  signal.addEventListener('abort', fire, { once: true });
  try {
    return await start(token);
  } catch (error) {
    throw (error as { code?: unknown }).code === 'ABORT_ERR' ? new AbortError(signal.reason) : error;
  } finally {
    signal.removeEventListener('abort', fire);
  }
}
