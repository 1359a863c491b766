/** An addon that was used and has nothing to do lets the process end; one that works does not. */

import { components, filled, native } from './addon.mjs';

const index = filled(20_000);
await native.search(index, components(32), 10, undefined, undefined, undefined);
native.search(index, components(32), 10, undefined, undefined, native.token()); // nobody waits for this one
console.log('idle');
setImmediate(() => {
  console.log('working');
  for (const queries of [components(32 * 64), components(32 * 64)]) {
    native.search(index, queries, 10, undefined, undefined, undefined).then(({ labels }) => {
      console.log(`${labels.length / 64} found`);
    });
  }
});
