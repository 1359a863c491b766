/** Faiss's own files (test/golden) give Faiss's answers, and are written back as the same bytes. */
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const folder = join(__dirname, '../golden');

exports.run = (v) => {
  const { files } = require('../golden/golden.json');
  const answered = Object.entries(files).filter(([, entry]) => 'labels' in entry);
  for (const [name, { queries, k, distances, labels, resaved }] of answered) {
    const bytes = readFileSync(join(folder, name));
    for (const index of [v.readIndexSync(join(folder, name)), v.deserializeIndexSync(bytes)]) {
      const found = index.searchSync(Float32Array.from(queries), k);
      assert.deepEqual([...found.distances], distances, name);
      assert.deepEqual([...found.labels].map(String), labels, name);
      const expected = resaved === undefined ? bytes : readFileSync(join(folder, resaved));
      assert.ok(Buffer.from(v.serializeIndexSync(index)).equals(expected), `${name} is written back otherwise`);
    }
  }
  const refused = Object.entries(files).filter(([, entry]) => 'refused' in entry);
  for (const [name] of refused) {
    assert.throws(() => v.readIndexSync(join(folder, name)), { code: /^ERR_VORONODE_(UNSUPPORTED|CORRUPT)$/ }, name);
  }
  return answered.length + refused.length;
};
