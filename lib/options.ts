/** The names in an options object: one that is not known is refused, and the one that was probably meant is named. */

import { type CodedError, invalidValue } from './errors.js';
import { checkOptions } from './validate.js';

/**
 * An options object with no other names than these, or undefined. A name whose value is undefined counts as not there.
 * @param taker whose options they are: `IndexFlatL2`, `train()`; or what gives its name
 */
export function checkNames(options: unknown, known: readonly string[], taker: string | (() => string)): void {
  checkOptions(options);
  if (options === undefined) return;
  // Twice as fast as Object.keys, which makes an array; searches come by here. Inherited names are none of the caller's.
  for (const name in options as object) {
    if (known.includes(name) || (options as Record<string, unknown>)[name] === undefined) continue;
    if (!Object.hasOwn(options as object, name)) continue;
    throw unknownName(name, known, typeof taker === 'string' ? taker : taker());
  }
}

/** Why a name is not known, which other methods take. */
const REASONS: Readonly<Record<string, string>> = {
  transfer: 'Only methods that return a promise and are given vectors move them; …Sync methods read them in place',
};

function unknownName(name: string, known: readonly string[], taker: string): CodedError {
  const reason = Object.hasOwn(REASONS, name) ? REASONS[name] : undefined;
  const meant = nearest(name, known);
  const other = meant === undefined ? `It takes ${listed(known)}` : `Did you mean '${meant}'?`;
  return invalidValue(`The property 'options.${name}' is not known to ${taker}. ${reason ?? other}`);
}

/** `'a', 'b' and 'c'` */
function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  const last = quoted.pop();
  return quoted.length === 0 ? `${last}` : `${quoted.join(', ')} and ${last}`;
}

/** The name that differs least, by a third of its letters at the most; undefined if there is none. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let [best, least] = [undefined as string | undefined, Number.POSITIVE_INFINITY];
  for (const candidate of known) {
    const edits = distance(plain(name), plain(candidate));
    if (edits < least && edits <= Math.ceil(candidate.length / 3)) [best, least] = [candidate, edits];
  }
  return best;
}

/** `n_probe`, `nProbe` and `NPROBE` are one name. Longer ones than any here are cut: they resemble none. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '').slice(0, 64);
}

/** How many letters must be put in, taken out or replaced to make one name of the other (Levenshtein's distance). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] as number) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
