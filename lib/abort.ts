/**
 * How operations off the event loop are to be done: until when, and how urgently. Ties an AbortSignal to tokens of the addon,
 * one for each operation, for as long as they run.
 */

import { AbortError, invalidType, invalidValue, received } from './errors.js';
import { type NativeToken, native } from './native.js';
import { checkOptions } from './validate.js';

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

/** The same, checked. */
export interface Work {
  readonly signal: AbortSignal | undefined;
  readonly background: boolean;
}

const NOTHING_SAID: Work = { signal: undefined, background: false };

export function workOf(options: WorkOptions | undefined): Work {
  if (options === undefined) return NOTHING_SAID;
  const signal = signalOf(options);
  const { priority } = options;
  if (priority !== undefined && priority !== 'normal' && priority !== 'background') {
    throw invalidValue(
      `The property 'options.priority' must be one of: 'normal', 'background'. Received ${received(priority)}`,
    );
  }
  return { signal, background: priority === 'background' };
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

/** From now on the signal fires a new token. To be given back to {@link unwatch}. */
function watch(signal: AbortSignal, background: boolean): NativeToken {
  const token = native.token(background);
  const watching = watches.get(signal);
  if (watching !== undefined) {
    watching.tokens.add(token);
    return token;
  }
  const tokens = new Set([token]);
  const fire = () => {
    for (const one of tokens) native.cancel(one);
  };
  signal.addEventListener('abort', fire, { once: true });
  watches.set(signal, { tokens, fire });
  return token;
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
  { signal, background }: Work,
  start: (token: NativeToken | undefined) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return await start(background ? native.token(true) : undefined);
  throwIfAborted(signal);
  const token = watch(signal, background);
  try {
    return await start(token);
  } catch (error) {
    throw (error as { code?: unknown }).code === 'ABORT_ERR' ? new AbortError(signal.reason) : error;
  } finally {
    unwatch(signal, token);
  }
}
