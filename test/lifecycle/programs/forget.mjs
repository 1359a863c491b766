/** Makes indexes of 10 MB and forgets them: `node forget.mjs sync|async <how many>`. Prints the peak of the RSS in MiB. */

import { native } from './addon.mjs';

const [, , way, count] = process.argv;
const vectors = new Float32Array(64 * 40_960).fill(1);
let peak = 0;
for (let i = 0; i < Number(count); i++) {
  const index = native.flat(64, 1, true);
  if (way === 'sync') native.addSync(index, vectors);
  else await native.add(index, vectors, undefined);
  peak = Math.max(peak, process.memoryUsage.rss());
}
console.log(Math.ceil(peak / 2 ** 20));
