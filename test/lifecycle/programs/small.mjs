/**
 * Makes inverted files of 64 × 1 000 vectors in 8 lists: `node small.mjs hold|drop <how many> sync|async`. Holds them, and
 * prints how many kB of resident memory each takes; or forgets them, and prints the peak in MiB.
 */

import { native } from './addon.mjs';

const D = 64;
const LISTS = 8;
const [, , what, count, way] = process.argv;
const vectors = Float32Array.from({ length: D * 1000 }, (_, i) => Math.sin(i * i));

async function make() {
  const centroids = native.flat(D, 1, true);
  native.addSync(centroids, vectors.subarray(0, LISTS * D));
  const index = native.ivfFlat(D, LISTS, 1, true, centroids);
  if (way === 'sync') native.addSync(index, vectors);
  else await native.add(index, vectors, undefined);
  native.searchSync(index, vectors.subarray(0, D), 5, undefined);
  return index;
}

const held = [await make()]; // what happens once: code is compiled, threads start
const before = process.memoryUsage.rss();
let peak = before;
for (let i = 0; i < Number(count); i++) {
  const index = await make();
  if (what === 'hold') held.push(index);
  peak = Math.max(peak, process.memoryUsage.rss());
}
const each = (process.memoryUsage.rss() - before) / (held.length - 1);
console.log(Math.ceil(what === 'hold' ? each / 1000 : peak / 2 ** 20));
