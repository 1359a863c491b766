/** Which index to begin with. */

import { MAX_LISTS } from '../ivf.js';
import { checkNames } from '../options.js';
import { checkBoolean, checkInteger, checkNumber, MAX_DIMENSION } from '../validate.js';

/** Of fewer vectors lists are too short to save anything. */
const FEW = 10_000;
/** A row costs a search at least as much as one of so many components. */
const LEAST_WIDTH = 32;
/** Components a second: between what two cores compare with AVX2 and with AVX-512. `measureExactRate` says what this machine does. */
const EXACT_RATE = 1e11;
const [RECALL, QUERIES_PER_SECOND] = [0.95, 1000];
/** Lists that are no more than so many times as fast as an exact search are not worth their misses. */
const WORTH = 1.5;
/** Training uses no more vectors per list. */
const MAX_POINTS = 256;

/** What {@link suggestIndex} takes besides the sizes. */
export interface SuggestOptions {
  /** The caller's own ids. Default: false. */
  ids?: boolean | undefined;
  /** The share of the nearest vectors that searches are to find, above 0, up to 1. Default: 0.95. 1: exact search. */
  recall?: number | undefined;
  /** How many queries a second are enough, many in a call. Default: 1000. */
  queriesPerSecond?: number | undefined;
  /**
   * Components a second that exact search compares on the machine in question, as `measureExactRate()` finds it. Default:
   * 1e11, between what two cores do with AVX2 and with AVX-512.
   */
  exactRate?: number | undefined;
}

/** What {@link suggestIndex} advises. */
export interface Suggestion {
  /** For `indexFactory(d, description)`. */
  description: string;
  /** Lists, undefined for an index without. */
  nlist: number | undefined;
  /** Lists to visit to begin with, undefined for an index without. */
  nprobe: number | undefined;
  /** How many vectors to train with; 0: none. A random sample of those to come. */
  trainingVectors: number;
  /** In a sentence or two. */
  reason: string;
}

/**
 * An index for n vectors of d components: `'Flat'` where a search of everything answers as many queries a second as are
 * wanted, or where lists would be hardly faster at the wanted recall; else about √n lists.
 */
export function suggestIndex(n: number, d: number, options: SuggestOptions = {}): Suggestion {
  checkInteger('n', n, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('d', d, 1, MAX_DIMENSION);
  checkNames(options, ['ids', 'recall', 'queriesPerSecond', 'exactRate'], 'suggestIndex()');
  const ids = options.ids !== undefined && checkBoolean('options.ids', options.ids);
  const chosen = (name: 'recall' | 'queriesPerSecond' | 'exactRate', otherwise: number, max: number) =>
    options[name] === undefined ? otherwise : checkNumber(`options.${name}`, options[name], Number.MIN_VALUE, max);
  const recall = chosen('recall', RECALL, 1);
  const wanted = chosen('queriesPerSecond', QUERIES_PER_SECOND, Number.MAX_VALUE);
  const exact = chosen('exactRate', EXACT_RATE, Number.MAX_VALUE) / (n * Math.max(d, LEAST_WIDTH));
  const share = shareVisited(n, recall);
  const vectors = `${n} vectors of ${d} components`;
  if (n < FEW) return flat(ids, `${vectors} are few: a search of all of them is exact, and fast enough`);
  if (exact >= wanted) {
    return flat(ids, `a search of all ${vectors} is exact, and answers about ${rounded(exact)} queries a second`);
  }
  if (gain(share) < WORTH) {
    return flat(
      ids,
      `at a recall of ${recall}, lists of ${vectors} would be hardly faster than a search of all of them`,
    );
  }
  const nlist = Math.min(MAX_LISTS, powerOfTwo(Math.sqrt(n)));
  const nprobe = Math.max(1, Math.round(nlist * share));
  return {
    description: `IVF${nlist},Flat`, // takes the caller's ids as it is
    nlist,
    nprobe,
    trainingVectors: Math.min(n, MAX_POINTS * nlist),
    reason:
      `a search of all ${vectors} answers about ${rounded(exact)} queries a second. In ${nlist} lists (about √n) of some ` +
      `${Math.round(n / nlist)} a search that visits ${nprobe} looks at ${Math.round((100 * nprobe) / nlist)} % of them, ` +
      `and is about ${rounded(gain(share))} times as fast; tune(index, queries) says how many it takes for your data`,
  };
}

function flat(ids: boolean, reason: string): Suggestion {
  const description = ids ? 'IDMap,Flat' : 'Flat';
  return { description, nlist: undefined, nprobe: undefined, trainingVectors: 0, reason };
}

/**
 * The share of about √n lists that a recall at 10 takes. Fitted to what `tune` measured on 300 000 and 1M vectors of 64 and
 * 128 components with an intrinsic dimension of 32, which is hard (with 16 a third was enough): of 1M 5 %, 7 % and 13 % for
 * 0.9, 0.95 and 0.99; of 300 000 half as much again.
 */
function shareVisited(n: number, recall: number): number {
  return Math.min(1, 0.0135 * (-Math.log1p(-recall)) ** 1.5 * Math.cbrt(1e6 / n));
}

/** How many times as fast as an exact search the visit of a share of the lists is; fitted to the same measurements. */
function gain(share: number): number {
  return 1 / (0.1 + 1.8 * share);
}

/** Two digits are all that estimates are good for. */
function rounded(x: number): string {
  return String(Number(x.toPrecision(2)));
}

/** The nearest one on a logarithmic scale. */
function powerOfTwo(x: number): number {
  return 2 ** Math.round(Math.log2(x));
}
