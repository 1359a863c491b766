/** What searches of an `IndexKeyMap` take besides the queries: what those of the index in it take, with keys in filters. */

import { invalidType } from '../errors.js';
import { type FilterFunction, filterOf } from '../filter.js';
import { type NativeFilter, type NativeFilterFunction, type NativeIndex, native } from '../native.js';
import {
  type AnySearchOptions,
  IN_PLACE,
  NO_CHOICES,
  OFF_THREAD,
  type SearchChoices,
  type SearchOptions,
  SearchOptionsReader,
  type SearchWay,
} from '../search_options.js';
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

/** The core calls functions with labels, which have keys while it searches. */
function inPlace(handle: NativeIndex): SearchWay<NativeFilter | NativeFilterFunction> {
  return {
    names: IN_PLACE.names,
    filterOf: (name, value) => {
      if (typeof value !== 'function') return setOf(name, value);
      const ofLabel: FilterFunction = (label) => (value as KeyFilterFunction)(native.keyOf(handle, label));
      return filterOf(name, ofLabel);
    },
  };
}

const KEYS_OFF_THREAD: SearchWay<NativeFilter> = { names: OFF_THREAD.names, filterOf: setOf };

/** Checks the options of searches of one map of keys. */
export class KeySearchOptionsReader {
  readonly #reader: SearchOptionsReader;
  readonly #inPlace: SearchWay<NativeFilter | NativeFilterFunction>;

  constructor(handle: NativeIndex) {
    this.#reader = new SearchOptionsReader(native.searchParameters(handle));
    this.#inPlace = inPlace(handle);
  }

  /** @param kind gives the name of the index's class, for messages */
  offThread(options: object | undefined, kind: () => string): SearchChoices<NativeFilter> {
    return options === undefined ? NO_CHOICES : this.#reader.read(options, KEYS_OFF_THREAD, kind);
  }

  /** Likewise, of a search on the calling thread. */
  inPlace(options: object | undefined, kind: () => string): SearchChoices<NativeFilter | NativeFilterFunction> {
    return options === undefined ? NO_CHOICES : this.#reader.read(options, this.#inPlace, kind);
  }
}
