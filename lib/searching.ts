/**
 * Searching, which is the same for an `Index` and an `IndexKeyMap`: what is checked, in which order, and the addon's answer. What
 * each makes of the answer is its own. The functions that give promises throw what is wrong with the call at once: their callers
 * are `async`, and one more promise in between would cost every search.
 */

import { abortable, signalOf, throwIfAborted, workOf } from './abort.js';
import { nameOf } from './describe.js';
import { Held } from './held.js';
import {
  type NativeFilter,
  type NativeFilterFunction,
  type NativeKeyFilterFunction,
  type NativeRangeResult,
  type NativeSearchResult,
  native,
} from './native.js';
import { NO_CHOICES, type SearchChoices, type SearchWay } from './search_options.js';
import { checkInteger, checkRadius, checkVectors, MAX_K } from './validate.js';

type OffThread = SearchWay<NativeFilter>;
type InPlace = SearchWay<NativeFilter | NativeFilterFunction | NativeKeyFilterFunction>;

function choicesOf<F>(self: Held, options: object | undefined, way: SearchWay<F>): SearchChoices<F> {
  if (options === undefined) return NO_CHOICES;
  return Held.searchOptions(self).read(options, way, () => nameOf(self));
}

/** `search()` of what is held. */
export function search(
  self: Held,
  queries: Float32Array,
  k: number,
  options: object | undefined,
  way: OffThread,
): Promise<NativeSearchResult> {
  checkVectors('queries', queries, Held.dimension(self));
  checkInteger('k', k, 1, MAX_K);
  const work = workOf(options);
  const { filter, params } = choicesOf(self, options, way);
  return abortable(work, (token) => native.search(Held.receiver(self), queries, k, filter, params, token));
}

/** `searchSync()`. */
export function searchInPlace(
  self: Held,
  queries: Float32Array,
  k: number,
  options: object | undefined,
  way: InPlace,
): NativeSearchResult {
  checkVectors('queries', queries, Held.dimension(self));
  checkInteger('k', k, 1, MAX_K);
  throwIfAborted(signalOf(options));
  const { filter, params } = choicesOf(self, options, way);
  return native.searchSync(Held.receiver(self), queries, k, filter, params);
}

/** `rangeSearch()`. */
export function rangeSearch(
  self: Held,
  queries: Float32Array,
  radius: number,
  options: object | undefined,
  way: OffThread,
): Promise<NativeRangeResult> {
  checkVectors('queries', queries, Held.dimension(self));
  const bound = checkRadius(radius);
  const work = workOf(options);
  const { filter, params } = choicesOf(self, options, way);
  return abortable(work, (token) => native.rangeSearch(Held.receiver(self), queries, bound, filter, params, token));
}

/** `rangeSearchSync()`. */
export function rangeSearchInPlace(
  self: Held,
  queries: Float32Array,
  radius: number,
  options: object | undefined,
  way: InPlace,
): NativeRangeResult {
  checkVectors('queries', queries, Held.dimension(self));
  const bound = checkRadius(radius);
  throwIfAborted(signalOf(options));
  const { filter, params } = choicesOf(self, options, way);
  return native.rangeSearchSync(Held.receiver(self), queries, bound, filter, params);
}
