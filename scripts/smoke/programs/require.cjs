// CommonJS: searches in place and off the event loop, and goes through a file.
const assert = require('node:assert/strict');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { IndexFlatL2, IndexIDMap, readIndexSync, writeIndexSync } = require('voronode');

async function main() {
  const index = new IndexIDMap(new IndexFlatL2(2));
  index.addWithIdsSync(Float32Array.of(0, 0, 1, 0, 0, 3), [10n, 20n, 30n]);
  const query = Float32Array.of(0.75, 0);
  assert.deepEqual(index.searchSync(query, 2).labels, BigInt64Array.of(20n, 10n));
  const { distances } = await index.search(query, 2);
  assert.deepEqual(distances, Float32Array.of(0.0625, 0.5625));

  const folder = mkdtempSync(join(tmpdir(), 'voronode-smoke-'));
  try {
    writeIndexSync(index, join(folder, 'a.faiss'));
    assert.equal(readIndexSync(join(folder, 'a.faiss')).ntotal, 3);
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.throws(() => index.searchSync([1, 2], 1), { code: 'ERR_INVALID_ARG_TYPE' });
  console.log('require: found');
}

main();
