/** What a search takes besides the queries: the same for every kind, and the parameters that its kind declares in C++. */

import { TRANSFER_NAMES, type TransferOptions } from './abort.js';
import { type FilterFunction, type FilterReader, filterOf, selectorOf } from './filter.js';
import type { NativeFilterFunction, NativeParameter, NativeSearchParams, NativeSharedSelector } from './native.js';
import { checkNames } from './options.js';
import type { IDSelector } from './selector.js';
import { checkInteger, checkNumber } from './validate.js';

/** What every search takes besides the queries. */
export interface SearchOptions extends TransferOptions {
  /** Only ids in this set are found. */
  filter?: IDSelector | undefined;
}

/** What the searches of any index take: for an index whose kind the types do not tell. Kinds add what is their own. */
export interface AnySearchOptions extends SearchOptions {}

/** What a search on the calling thread takes, where another takes O. */
export type SyncSearchOptions<O extends SearchOptions = AnySearchOptions> = Omit<
  O,
  'filter' | 'priority' | 'transfer'
> & {
  /** Only these ids are found: a set of ids, or a function of the id. */
  filter?: IDSelector | FilterFunction | undefined;
};

/** The same as the addon takes it; F: its filters. */
export interface SearchChoices<F> {
  readonly filter: F | undefined;
  readonly params: NativeSearchParams | undefined;
}

/** What differs between a search on another thread and one on the calling thread. F: the addon's form of their filters. */
export interface SearchWay<F> {
  readonly filterOf: FilterReader<F>;
  /** The options that every kind takes. */
  readonly names: readonly string[];
}

export const OFF_THREAD: SearchWay<NativeSharedSelector> = {
  filterOf: selectorOf,
  names: ['filter', ...TRANSFER_NAMES],
};
export const IN_PLACE: SearchWay<NativeSharedSelector | NativeFilterFunction> = {
  filterOf,
  names: ['filter', 'signal'],
};

/** Nothing is chosen. */
export const NO_CHOICES: SearchChoices<never> = { filter: undefined, params: undefined };

interface Parameter extends NativeParameter {
  /** Its name in messages. */
  readonly property: string;
}

/** Checks the options of searches of one index. */
export class SearchOptionsReader {
  readonly #parameters: readonly Parameter[];
  /** Of a way's names, with the index's own. */
  readonly #names: ReadonlyMap<readonly string[], readonly string[]>;

  /** @param parameters those of the index, with what it wraps */
  constructor(parameters: readonly NativeParameter[]) {
    this.#parameters = parameters.map((parameter) => ({ ...parameter, property: `options.${parameter.name}` }));
    const own = parameters.map(({ name }) => name);
    this.#names = new Map([OFF_THREAD, IN_PLACE].map(({ names }) => [names, [...own, ...names]]));
  }

  /**
   * @param way with the names of {@link OFF_THREAD} or {@link IN_PLACE}
   * @param kind gives the name of the index's class, for messages
   */
  read<F>(options: object, way: SearchWay<F>, kind: () => string): SearchChoices<F> {
    checkNames(options, this.#names.get(way.names) as readonly string[], kind);
    const { filter } = options as { filter?: unknown };
    return {
      filter: filter === undefined ? undefined : way.filterOf('options.filter', filter),
      params: this.#params(options as Record<string, unknown>),
    };
  }

  #params(options: Record<string, unknown>): NativeSearchParams | undefined {
    if (this.#parameters.length === 0) return undefined;
    const params: (number | undefined)[] = [];
    let chosen = false;
    for (const { name, property, integer, min, max } of this.#parameters) {
      const value = options[name];
      if (value === undefined) {
        params.push(undefined);
        continue;
      }
      params.push(integer ? checkInteger(property, value, min, max) : checkNumber(property, value, min, max));
      chosen = true;
    }
    return chosen ? params : undefined;
  }
}
