/**
 * Digests of all bits of answers over random float data, by kind and shape, compared with expected.json. No integers here:
 * the order of additions shows in most sums, so that equal digests mean the same arithmetic.
 */
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { random } = require('./random.cjs');

const EXPECTED = join(__dirname, 'expected.json');
const POWERS = [1e-3, 1, 1e3]; // not by `**`, whose last bit differs between engines

/** n × d, of several magnitudes, some zero. */
function floats(n, d, seed) {
  const next = random(seed);
  return Float32Array.from({ length: n * d }, (_, i) => (i % 19 === 0 ? 0 : (next() - 0.5) * POWERS[i % 3]));
}

const digestOf = (...arrays) => {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex').slice(0, 32);
};

/** The bits of a search of single queries and of a batch, and of a range search around the middle of what was found. */
function answers(index, d, nq, k, options) {
  const queries = floats(nq, d, 2);
  const found = index.searchSync(queries, k, options);
  const one = index.searchSync(queries.subarray(0, d), k, options);
  const range = index.rangeSearchSync(queries, found.distances[k >> 1], options);
  return digestOf(found.distances, found.labels, one.distances, one.labels, range.lims, range.distances, range.labels);
}

/** Name → digest, in the order of the names. The second flat shape is large enough for sketches. */
function* digests(v) {
  for (const Flat of [v.IndexFlatL2, v.IndexFlatIP]) {
    for (const [d, n, nq, k] of [
      [1, 50, 3, 5],
      [7, 300, 17, 100],
      [64, 3000, 40, 10],
      [129, 300, 5, 10],
      [768, 400, 20, 10],
    ]) {
      const index = new Flat(d);
      index.addSync(floats(n, d, 1));
      yield [`${Flat.name} ${d}×${n}`, answers(index, d, nq, k)];
      const filter = new v.IDSelectorRange(10, n >> 1);
      yield [`${Flat.name} ${d}×${n} filtered`, answers(index, d, nq, 5, { filter })];
    }
  }
  const d = 24;
  const vectors = floats(2000, d, 1);
  for (const metric of ['l2', 'ip']) {
    const kinds = {
      IVFFlat: new v.IndexIVFFlat(d, 32, { metric }),
      SQ8: new v.IndexIVFScalarQuantizer(d, 32, 'SQ8', { metric }),
      SQfp16: new v.IndexIVFScalarQuantizer(d, 32, 'SQfp16', { metric, byResidual: false }),
    };
    for (const [kind, index] of Object.entries(kinds)) {
      index.trainSync(vectors, { seed: 7 });
      index.addSync(vectors);
      yield [`${kind} ${metric}`, answers(index, d, 20, 10, { nprobe: 6 })];
      yield [`${kind} ${metric} as bytes`, digestOf(v.serializeIndexSync(index))];
    }
  }
  const { centroids, assignments, objective } = v.kmeansSync(vectors, d, 20, { seed: 3, niter: 8 });
  yield ['kmeans', digestOf(centroids, assignments, objective)];
  const unit = floats(100, 33, 5);
  v.normalizeL2(unit, 33);
  yield ['normalizeL2', digestOf(unit)];
}

exports.run = (voronode) => {
  const expected = require(EXPECTED);
  const found = Object.fromEntries(digests(voronode));
  assert.deepEqual(found, expected);
  return Object.keys(found).length;
};

exports.record = (voronode) => {
  const found = Object.fromEntries(digests(voronode));
  writeFileSync(EXPECTED, `${JSON.stringify(found, null, 2)}\n`);
  console.log(`recorded ${Object.keys(found).length} digests`);
};
