/** What `{ filter }` of a search may be: a set of ids, or, where the search runs on the calling thread, a function. */

import { types } from 'node:util';
import { codedError, invalidType, received } from './errors.js';
import { checkIds, type Ids } from './ids.js';
import type { NativeFilterFunction, NativeSelector, NativeSharedSelector } from './native.js';
import { keepThrown } from './realm.js';
import { IDSelector } from './selector.js';

/**
 * Whether a search may find the vector with this id. Only for `searchSync` and `rangeSearchSync`, which call it while
 * they search, about no id twice in a call. What it throws, the search throws. It must answer `true` or `false`.
 *
 * A search with a function runs on one thread, and calls cost about 0.2 µs each. The function is asked about the ids
 * that come near enough to be answered, and about a sample; if it refuses more than seven in eight of the sample, about
 * all. Where ids are known before the search, an `IDSelectorBatch` or `IDSelectorBitmap` of them is faster, and works in
 * `search` too.
 *
 * The function may search and reconstruct from the index, start asynchronous calls, and close the index (the search goes
 * on). What would change the index before the search has ended fails with `ERR_VORONODE_UNSUPPORTED`.
 */
export type FilterFunction = (id: bigint) => boolean;

/** Checks a filter and gives the addon's form of it. */
export type FilterReader<F> = (name: string, value: unknown) => F;

const SETS = 'new IDSelectorBatch(ids), IDSelectorRange, IDSelectorBitmap, IDSelectorNot, …';

/** Of an asynchronous search: no function could be called from where it runs. */
export function selectorOf(name: string, value: unknown): NativeSharedSelector {
  if (typeof value === 'function') {
    const remedy = `functions are for searchSync and rangeSearchSync: use a set of ids, ${SETS}`;
    throw invalidType(name, 'an instance of IDSelector', value, remedy);
  }
  IDSelector.native(name, value); // refuses what is no selector
  return IDSelector.shared(value as IDSelector);
}

/** Of a synchronous search. */
export function filterOf(name: string, value: unknown): NativeSharedSelector | NativeFilterFunction {
  return typeof value === 'function' ? checkedFunction<bigint>(name, value as FilterFunction) : selectorOf(name, value);
}

/** A function of the caller's that answers for sure with a boolean. T: what it is asked about. */
export function checkedFunction<T>(name: string, value: (about: T) => unknown): (about: T) => boolean {
  return (about) => {
    try {
      return checkAnswer(name, value(about));
    } catch (error) {
      keepThrown(error);
      throw error;
    }
  };
}

function checkAnswer(name: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  const remedy = types.isPromise(answer) ? '; a filter cannot wait: search with a set of ids instead' : '';
  const message = `Expected a boolean to be returned from the "${name}" function but got ${received(answer)}${remedy}.`;
  throw codedError(TypeError, 'ERR_INVALID_RETURN_VALUE', message);
}

/** Ids as `removeIds` takes them. */
export function removedOf(ids: Ids | IDSelector): NativeSelector {
  return IDSelector.is(ids) ? IDSelector.native('ids', ids) : { type: 'batch', ids: checkIds('ids', ids) };
}
