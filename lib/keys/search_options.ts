/** What searches of an `IndexKeyMap` take besides the queries: what those of the index in it take, with keys in filters. */

import { invalidType } from '../errors.js';
import { checkedFunction } from '../filter.js';
import type { NativeFilter, NativeKeyFilterFunction } from '../native.js';
import { type AnySearchOptions, IN_PLACE, OFF_THREAD, type SearchOptions, type SearchWay } from '../search_options.js';
import { IDSelector } from '../selector.js';
import type { Keys } from './pack.js';
import { keySelectorOf } from './selector.js';

/** Whether a search may find the vector with this key: as a `FilterFunction` of the key. Only for `…Sync` searches. */
export type KeyFilterFunction = (key: string) => boolean;

/** What a search of an `IndexKeyMap` takes, where one of the index in it takes O. */
export type KeySearchOptions<O extends SearchOptions = AnySearchOptions> = Omit<O, 'filter'> & {
  /** Only these keys are found: a list of keys, a `KeySelector`, or what `IDSelectorNot` and its like make of it. */
  filter?: Keys | IDSelector | undefined;
};

/** The same of a search on the calling thread. */
export type SyncKeySearchOptions<O extends SearchOptions = AnySearchOptions> = Omit<
  O,
  'filter' | 'priority' | 'transfer'
> & {
  /** Only these keys are found: as off the event loop, or a function of the key. */
  filter?: Keys | IDSelector | KeyFilterFunction | undefined;
};

function setOf(name: string, value: unknown): NativeFilter {
  if (typeof value === 'function') {
    const remedy = 'functions are for searchSync and rangeSearchSync: use an array of keys or a KeySelector';
    throw invalidType(name, 'an array or a Set of strings, or an instance of IDSelector', value, remedy);
  }
  return IDSelector.is(value) ? IDSelector.shared(value) : keySelectorOf(name, value);
}

/** A search on another thread. */
export const KEYS_OFF_THREAD: SearchWay<NativeFilter> = { names: OFF_THREAD.names, filterOf: setOf };

/** A search on the calling thread. */
export const KEYS_IN_PLACE: SearchWay<NativeFilter | NativeKeyFilterFunction> = {
  names: IN_PLACE.names,
  filterOf: (name, value) =>
    typeof value === 'function' ? checkedFunction(name, value as KeyFilterFunction) : setOf(name, value),
};
