/** Sets of keys, for filters and removals of an `IndexKeyMap`. */

import type { NativeSelector } from '../native.js';
import { construct, IDSelector } from '../selector.js';
import { type Keys, packKeys } from './pack.js';

/**
 * The keys listed, in any order, repeats allowed; those that are not there are passed over. `IDSelectorNot`, `IDSelectorAnd`,
 * `IDSelectorOr` and `IDSelectorXOr` go around it; sets of ids do not go with it. For `IndexKeyMap`.
 *
 * A filter that many searches use is quicker as one KeySelector than as an array of keys: what is built of it is kept.
 *
 * @example
 * ```js
 * import { IDSelectorNot, IndexFlatL2, IndexKeyMap, KeySelector } from 'voronode';
 *
 * const index = new IndexKeyMap(new IndexFlatL2(1));
 * index.addWithKeysSync(Float32Array.of(1, 2, 3), ['a', 'b', 'c']);
 * const filter = new IDSelectorNot(new KeySelector(['a', 'b']));
 * console.log(index.searchOneSync(Float32Array.of(0), 3, { filter }).keys); // [ 'c' ]
 * ```
 */
export class KeySelector extends IDSelector {
  constructor(keys: Keys) {
    super(construct, { type: 'keys', keys: packKeys('keys', keys) });
  }
}

/** A set of keys, or a tree of such sets, as the addon takes it. */
export function keySelectorOf(name: string, value: unknown): NativeSelector {
  return IDSelector.is(value) ? IDSelector.native(name, value) : { type: 'keys', keys: packKeys(name, value) };
}
