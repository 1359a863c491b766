// Adds n vectors of d components with the named call and prints its memory, in bytes:
//
//   node memory_child.mjs <d> <n> add | addSync  sketch | plain
import { IndexFlatL2 } from 'voronode';
import { memory } from './process_memory.mjs';
import { Random } from './random.mjs';

const BATCH = 10_000;
const [d, n, call] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const options = { sketch: process.argv[5] === 'sketch' };

// What happens once, whatever is stored: code is compiled, threads start.
const first = new IndexFlatL2(d);
await first[call](new Float32Array(d));
first.close();
const random = new Random(1);
random.gaussian();

const baseline = memory().peak;
const batch = new Float32Array(BATCH * d);
const index = new IndexFlatL2(d, options);
for (let left = n; left > 0; left -= BATCH) {
  const rows = Math.min(BATCH, left);
  for (let i = 0; i < rows * d; i++) batch[i] = random.uniform();
  await index[call](batch.subarray(0, rows * d));
}
if (index.ntotal !== n) throw new Error(`stored ${index.ntotal} of ${n} vectors`);
console.log(JSON.stringify({ baseline, peak: memory().peak, batch: batch.byteLength }));
