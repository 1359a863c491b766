/** Search parameters as properties: `index.nprobe = 8` on an index that has no such parameter must not go unnoticed. */

import { nameOf } from './describe.js';
import { unsupported } from './errors.js';
import { Index } from './index_base.js';
import { native } from './native.js';

/**
 * Refuses to set a parameter on an index that has none of this name, where it would do nothing. Each kind that has one
 * declares it here; its own accessor comes first. Not a member of Index, which types would show.
 */
export function declareParameter(name: string): void {
  Object.defineProperty(Index.prototype, name, {
    configurable: true,
    get(): undefined {
      Index.receiver(this);
    },
    set(): never {
      Index.receiver(this);
      throw unsupported(`${nameOf(this)} has no '${name}'${placeOf(name, this)}`);
    },
  });
}

/** Where in a wrapper the parameter is: `; set it on index.index`. */
function placeOf(name: string, wrapper: Index): string {
  const has = (index: Index) => native.searchParameters(Index.receiver(index)).some((found) => found.name === name);
  let path = 'index';
  let at = wrapper;
  for (let inner = Index.inner(at); inner !== undefined && has(inner); inner = Index.inner(at)) {
    path += 'baseIndex' in at ? '.baseIndex' : '.index';
    at = inner;
  }
  return at === wrapper ? ': its searches know no such parameter' : ` of its own; set it on ${path}`;
}
