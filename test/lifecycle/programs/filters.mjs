/** Searches with a new filter of 2 MB each time: `node filters.mjs sync|async <how many>`. Prints the peak of the RSS in MiB. */

import * as voronode from '../../../dist/index.mjs';

const [, , way, count] = process.argv;
const index = new voronode.IndexFlatL2(4);
index.addSync(new Float32Array(4 * 1000));
const query = new Float32Array(4);
const bits = new Uint8Array(2_000_000).fill(3);
let peak = 0;
for (let i = 0; i < Number(count); i++) {
  const filter = new voronode.IDSelectorBitmap(bits);
  if (way === 'sync') index.searchSync(query, 3, { filter });
  else await index.search(query, 3, { filter });
  peak = Math.max(peak, process.memoryUsage.rss());
}
console.log(Math.ceil(peak / 2 ** 20));
