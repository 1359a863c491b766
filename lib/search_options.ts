/** What a search takes besides the queries: the same for every kind, and the parameters that its kind declares in C++. */

import type { AbortOptions } from './abort.js';
import type { FilterFunction, FilterReader } from './filter.js';
import type { NativeParameter, NativeSearchParams } from './native.js';
import { checkNames } from './options.js';
import type { IDSelector } from './selector.js';
import { checkInteger, checkNumber } from './validate.js';

/** What every search takes besides the queries. */
export interface SearchOptions extends AbortOptions {
  /** Only ids in this set are found. */
  filter?: IDSelector | undefined;
}

/** What the searches of any index take: for an index whose kind the types do not tell. Kinds add what is their own. */
export interface AnySearchOptions extends SearchOptions {}

/** What a search on the calling thread takes, where another takes O. */
export type SyncSearchOptions<O extends SearchOptions = AnySearchOptions> = Omit<O, 'filter'> & {
  /** Only these ids are found: a set of ids, or a function of the id. */
  filter?: IDSelector | FilterFunction | undefined;
};

/** The same as the addon takes it; F: its filters. */
export interface SearchChoices<F> {
  readonly filter: F | undefined;
  readonly params: NativeSearchParams | undefined;
}

/** Nothing is chosen. */
export const NO_CHOICES: SearchChoices<never> = { filter: undefined, params: undefined };

interface Parameter extends NativeParameter {
  /** Its name in messages. */
  readonly property: string;
}

/** Checks the options of searches of one index. */
export class SearchOptionsReader {
  readonly #parameters: readonly Parameter[];
  readonly #names: readonly string[];

  /** @param parameters those of the index, with what it wraps */
  constructor(parameters: readonly NativeParameter[]) {
    this.#parameters = parameters.map((parameter) => ({ ...parameter, property: `options.${parameter.name}` }));
    this.#names = [...parameters.map(({ name }) => name), 'filter', 'signal'];
  }

  /**
   * @param filterOf checks a filter and gives the addon's form of it
   * @param kind gives the name of the index's class, for messages
   */
  read<F>(options: SyncSearchOptions, filterOf: FilterReader<F>, kind: () => string): SearchChoices<F> {
    checkNames(options, this.#names, kind);
    const { filter } = options;
    return {
      filter: filter === undefined ? undefined : filterOf('options.filter', filter),
      params: this.#params(options as object as Record<string, unknown>),
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
