// Makes inverted files and prints what the resident memory rose by for each, in bytes:
//
//   node memory_small_child.mjs <how many> <d> <vectors in each> <lists>
import { IndexIVFFlat } from 'voronode';
import { memory } from './process_memory.mjs';
import { Random } from './random.mjs';

const [count, d, n, nlist] = process.argv.slice(2).map(Number);
const random = new Random(1);
const vectors = Float32Array.from({ length: n * d }, () => random.uniform());

async function make() {
  const index = new IndexIVFFlat(d, nlist);
  await index.train(vectors);
  await index.add(vectors);
  return index;
}

const held = [await make()]; // what happens once: code is compiled, threads start
const before = memory().now;
while (held.length <= count) held.push(await make());
const each = (memory().now - before) / count;
if (held.some((index) => index.ntotal !== n)) throw new Error('an index lost vectors');
console.log(JSON.stringify({ each }));
