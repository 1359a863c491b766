/** Which index to begin with. */

import { MAX_LISTS } from './ivf.js';
import { checkNames } from './options.js';
import { checkBoolean, checkInteger, MAX_DIMENSION } from './validate.js';

/**
 * Up to so many components in all (n · d), or so few vectors, lists save less than they cost: a query of 2^24 components
 * takes 0.3 ms on two cores.
 */
const [SMALL, FEW] = [2 ** 24, 10_000];
/**
 * About √n lists, and a sixteenth of them to begin with. Of 300 000 × 128 with an intrinsic dimension of 16 or 32, that
 * many answered more queries a second at a recall of 0.95 than 2 √n or 4 √n, which Faiss's guidelines advise, and took a
 * fifth of the time to train; that recall needed 6 % or 14 % of the lists.
 */
const PROBED = 1 / 16;
/** Training uses no more vectors per list. */
const MAX_POINTS = 256;

/** What {@link suggestIndex} takes besides the sizes. */
export interface SuggestOptions {
  /** The caller's own ids. Default: false. */
  ids?: boolean | undefined;
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
 * An index for n vectors of d components, if nothing else is known: `'Flat'` where a search of everything is fast, else
 * about √n lists.
 */
export function suggestIndex(n: number, d: number, options: SuggestOptions = {}): Suggestion {
  checkInteger('n', n, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('d', d, 1, MAX_DIMENSION);
  checkNames(options, ['ids'], 'suggestIndex()');
  const ids = options.ids !== undefined && checkBoolean('options.ids', options.ids);
  if (n * d <= SMALL || n < FEW) {
    return {
      description: ids ? 'IDMap,Flat' : 'Flat',
      nlist: undefined,
      nprobe: undefined,
      trainingVectors: 0,
      reason: `${n} vectors of ${d} components are few: a search of all of them is exact, and fast enough`,
    };
  }
  const nlist = Math.min(MAX_LISTS, powerOfTwo(Math.sqrt(n)));
  const nprobe = Math.round(nlist * PROBED);
  return {
    description: `IVF${nlist},Flat`, // takes the caller's ids as it is
    nlist,
    nprobe,
    trainingVectors: Math.min(n, MAX_POINTS * nlist),
    reason:
      `${n} vectors of ${d} components are many for a search of all of them. In ${nlist} lists (about √n) of some ` +
      `${Math.round(n / nlist)} a search that visits ${nprobe} looks at ${Math.round((100 * nprobe) / nlist)} % of them; ` +
      'tune(index, queries) says how many it takes for your data',
  };
}

/** The nearest one on a logarithmic scale. */
function powerOfTwo(x: number): number {
  return 2 ** Math.round(Math.log2(x));
}
