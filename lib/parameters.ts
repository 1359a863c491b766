/** Search parameters as properties: `index.nprobe = 8` on an index that has no such parameter must not go unnoticed. */

import { nameOf } from './describe.js';
import { unsupported } from './errors.js';
import { Held } from './held.js';
import { native } from './native.js';

/**
 * Refuses to set a parameter on an index that has none of this name, where it would do nothing. Each kind that has one
 * declares it here; its own accessor comes first. Not a member of Held, which types would show.
 */
export function declareParameter(name: string): void {
  Object.defineProperty(Held.prototype, name, {
    configurable: true,
    get(): undefined {
      Held.receiver(this);
    },
    set(): never {
      Held.receiver(this);
      throw unsupported(`${nameOf(this)} has no '${name}'${placeOf(name, this)}`);
    },
  });
}

/** Where in a wrapper the parameter is: `; set it on index.index`. */
function placeOf(name: string, wrapper: Held): string {
  const has = (index: Held) => native.searchParameters(Held.receiver(index)).some((found) => found.name === name);
  let path = 'index';
  let at: Held = wrapper;
  for (let inner: Held | undefined = Held.peek(at); inner !== undefined && has(inner); inner = Held.peek(at)) {
    path += 'baseIndex' in at ? '.baseIndex' : '.index';
    at = inner;
  }
  return at === wrapper ? ': its searches know no such parameter' : ` of its own; set it on ${path}`;
}
