/**
 * Gives typed arrays away, collects garbage and fills new memory while work reads them, then waits until their memory is gone:
 * `node --expose-gc transfer.mjs`. Prints what is wrong, or that nothing is.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { components, native } from './addon.mjs';

const D = 32;
const N = 20_000;
const data = components(N * D);
const expected = native.flat(D, 1, true);
native.addSync(expected, data);
const [query, none] = [data.slice(0, 10 * D), undefined];
const right = native.searchSync(expected, query, 5, none).labels.join();
const moving = () => native.token(false, true);
const bytes = () => process.memoryUsage().arrayBuffers;

async function round() {
  const index = native.flat(D, 1, true);
  const vectors = data.slice();
  const added = native.add(index, vectors, moving());
  if (vectors.length !== 0) console.log('not moved');
  globalThis.gc();
  const others = Array.from({ length: 10 }, () => new Float32Array(N * D).fill(NaN));
  await added;
  const labels = (await native.search(index, query.slice(), 5, none, none, moving())).labels;
  if (labels.join() !== right) console.log(`other vectors: ${labels}`);
  native.close(index);
  return others.length;
}

await round();
globalThis.gc();
await sleep(50);
globalThis.gc();
const before = bytes();
for (let i = 0; i < 20; i++) await Promise.all([round(), round(), round()]);
for (let i = 0; i < 100 && bytes() > before + data.byteLength; i++) {
  globalThis.gc();
  await sleep(10);
}
console.log(bytes() <= before + data.byteLength ? 'memory stays and goes' : `${bytes() - before} bytes are left`);
