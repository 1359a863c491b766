// An ES module; also what the bundlers get as their entry.
import assert from 'node:assert/strict';
import { IndexFlatL2, matrix, simdTarget } from 'voronode';

const index = new IndexFlatL2(2);
await index.add(
  matrix([
    [0, 0],
    [1, 0],
    [0, 3],
  ]),
);
const { labels } = await index.search(Float32Array.of(0.75, 0), 2);
assert.deepEqual(labels, BigInt64Array.of(1n, 0n));
assert.equal(typeof simdTarget(), 'string');
console.log('import: found');
