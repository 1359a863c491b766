/**
 * Searches random float data of many shapes and prints one line a shape: a digest of all bits of all answers. Run in
 * a process for each VORONODE_SIMD, by simd.test.ts: `node simd_digest.cjs <path of the addon>`. Plain JavaScript
 * over the raw addon, so that Node runs it as it is.
 */
const { createHash } = require('node:crypto');
const { random } = require('./functional/random.cjs');
const native = require(process.argv[2]);

/** Floats of many magnitudes, some zero: the order of summation shows in most of the sums. */
const pool = Float32Array.from({ length: 2 ** 21 }, random(1)).map((x, i) =>
  i % 19 === 0 ? 0 : (x - 0.5) * 10 ** (i % 7),
);

/** n of them, from a random place on. */
function floats(next, n) {
  const begin = Math.floor(next() * (pool.length - n));
  return pool.slice(begin, begin + n);
}

function digest(metric, d, n, nq, k) {
  const next = random(d * 1000003 + n * 101 + nq * 7 + k + metric);
  const index = native.flat(d, metric, true);
  native.addSync(index, floats(next, n * d));
  const queries = floats(next, nq * d);
  const hash = createHash('sha256');
  const found = native.searchSync(index, queries, k, undefined);
  const radius = found.distances[Math.min(k, n) - 1];
  const inRange = native.rangeSearchSync(index, queries, radius, undefined);
  for (const { labels, distances } of [found, inRange]) hash.update(labels).update(distances);
  hash.update(inRange.lims);
  const normal = floats(next, n * d);
  native.normalizeL2(normal, d);
  return hash.update(normal).digest('hex');
}

const dimensions = [...Array(34).keys()].slice(1).concat([48, 64, 65, 100, 127, 128, 129, 768, 1000, 1536]);
const shapes = [
  [1, 1, 1],
  [37, 3, 5],
  [260, 1, 10],
  [260, 17, 100],
  [1000, 70, 3],
];
const sketched = [3000, 70, 10]; // enough vectors for their sketches to be used
for (const metric of [0, 1]) {
  for (const d of dimensions) {
    for (const shape of d <= 100 ? [...shapes, sketched] : shapes) {
      console.log(metric, d, ...shape, digest(metric, d, ...shape));
    }
  }
}
