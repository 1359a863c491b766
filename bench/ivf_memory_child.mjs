// Fills an inverted file and prints what its memory rose by, in bytes:
//
//   node ivf_memory_child.mjs <d> <metric> <vectors, a float32 file> <centroids, a float32 file> sketch | plain
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { IndexFlatIP, IndexFlatL2, IndexIVFFlat } from 'voronode';
import { memory } from './process_memory.mjs';

const BATCH = 10_000;
const d = Number(process.argv[2]);
const [, , , metric, vectors, centroids, sketch] = process.argv;

/** An index of the centroids in the file: nothing is left to train. */
function emptyIndex(rows) {
  const quantizer = new (metric === 'ip' ? IndexFlatIP : IndexFlatL2)(d);
  quantizer.addSync(rows);
  return new IndexIVFFlat(d, rows.length / d, { metric, quantizer, sketch: sketch === 'sketch' });
}

const bytes = readFileSync(centroids);
const rows = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const first = emptyIndex(rows); // what happens once: code is compiled, threads start
await first.add(rows);
first.close();

const file = openSync(vectors, 'r');
const batch = new Float32Array(BATCH * d).fill(1); // resident before the measurement: it is the caller's
const before = memory();
const index = emptyIndex(rows);
for (let left = fstatSync(file).size; left > 0; ) {
  const read = readSync(file, batch, 0, Math.min(left, batch.byteLength));
  await index.add(batch.subarray(0, read / 4));
  left -= read;
}
closeSync(file);
const after = memory();
console.log(JSON.stringify({ batch: batch.byteLength, grown: after.now - before.now, peak: after.peak - before.now }));
index.close();
