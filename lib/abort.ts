/**
 * How operations off the event loop are to be done: until when, how urgently, and with the caller's memory or a copy. Ties an
 * AbortSignal to tokens of the addon, one for each operation, for as long as they run.
 */

import { AbortError, invalidType, invalidValue, received } from './errors.js';
import { type NativeToken, native } from './native.js';
import { checkBoolean, checkOptions } from './validate.js';

/** What stops an operation. */
export interface AbortOptions {
  /** Aborts the operation: the promise rejects with an `AbortError`, and the index is as it was. */
  signal?: AbortSignal | undefined;
}

/** What every method that returns a promise takes. */
export interface WorkOptions extends AbortOptions {
  /**
   * `'background'`: everything else goes first, in the whole process, also when this runs already; it still goes on. For
   * batches beside a service. Default: `'normal'`: what is estimated to be short goes first, long work a little later.
   */
  priority?: 'normal' | 'background' | undefined;
}

/** The names of {@link WorkOptions}. */
export const WORK_NAMES = ['signal', 'priority'];

/** What a method takes that returns a promise and is given vectors. */
export interface TransferOptions extends WorkOptions {
  /**
   * `true` moves the memory of the typed arrays (vectors, queries, ids in a `BigInt64Array`) to the work instead of copying it:
   * the call then takes microseconds, not a millisecond for each few megabytes. As with the transfer list of `postMessage`, the
   * array is detached, and so is all else on its `ArrayBuffer`. A call that is refused at once (types, lengths, a closed index,
   * a signal that has fired) leaves the array as it was. What fails later (NaN, an index that is not trained, an abort) does not
   * bring it back. A `SharedArrayBuffer`, the pool that small Buffers of Node's share, and the memory of a WebAssembly cannot be
   * moved: ERR_INVALID_ARG_VALUE. Default: `false`.
   */
  transfer?: boolean | undefined;
}

/** The names of {@link TransferOptions}. */
export const TRANSFER_NAMES = [...WORK_NAMES, 'transfer'];

/** The same, checked. */
export interface Work {
  readonly signal: AbortSignal | undefined;
  readonly background: boolean;
  readonly transfer: boolean;
}

const NOTHING_SAID: Work = { signal: undefined, background: false, transfer: false };

export function workOf(options: TransferOptions | undefined): Work {
  if (options === undefined) return NOTHING_SAID;
  const signal = signalOf(options);
  const { priority, transfer } = options;
  if (priority !== undefined && priority !== 'normal' && priority !== 'background') {
    throw invalidValue(
      `The property 'options.priority' must be one of: 'normal', 'background'. Received ${received(priority)}`,
    );
  }
  return {
    signal,
    background: priority === 'background',
    transfer: transfer !== undefined && checkBoolean('options.transfer', transfer),
  };
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

/** The operations that a signal stops, and its one listener: Node warns of a leak when there are more than ten. */
interface Watch {
  readonly tokens: Set<NativeToken>;
  readonly fire: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/** From now on the signal fires the token. To be given back to {@link unwatch}. */
function watch(signal: AbortSignal, token: NativeToken): void {
  const watching = watches.get(signal);
  if (watching !== undefined) {
    watching.tokens.add(token);
    return;
  }
  const tokens = new Set([token]);
  const fire = () => {
    for (const one of tokens) native.cancel(one);
  };
  signal.addEventListener('abort', fire, { once: true });
  watches.set(signal, { tokens, fire });
}

/** The last one takes the listener off the signal. */
function unwatch(signal: AbortSignal, token: NativeToken): void {
  const { tokens, fire } = watches.get(signal) as Watch;
  tokens.delete(token);
  if (tokens.size > 0) return;
  watches.delete(signal);
  signal.removeEventListener('abort', fire);
}

/** Runs an operation of the addon, abortable by the signal if there is one. */
export async function abortable<T>(
  { signal, background, transfer }: Work,
  start: (token: NativeToken | undefined) => Promise<T>,
): Promise<T> {
  if (signal === undefined) {
    return await start(background || transfer ? native.token(background, transfer) : undefined);
  }
  throwIfAborted(signal);
  const token = native.token(background, transfer);
  watch(signal, token);
  try {
    return await start(token);
  } catch (error) {
    throw (error as { code?: unknown }).code === 'ABORT_ERR' ? new AbortError(signal.reason) : error;
  } finally {
    unwatch(signal, token);
  }
}
