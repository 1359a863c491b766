// One program that loads the package in both ways: the classes are the same, so that instanceof holds across.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as imported from 'voronode';
import * as faissNode from 'voronode/faiss-node';

const require = createRequire(import.meta.url);
const required = require('voronode');
assert.equal(required.IndexFlatL2, imported.IndexFlatL2);
assert.ok(new required.IndexFlatL2(2) instanceof imported.Index);
assert.ok(new imported.IndexFlatIP(2) instanceof required.IndexFlat);
assert.throws(
  () => new required.IndexFlatL2(0),
  (error) => error instanceof RangeError && error.code === 'ERR_OUT_OF_RANGE',
);
assert.equal(require('voronode/faiss-node').IndexFlatL2, faissNode.IndexFlatL2);
assert.equal(faissNode.default.IndexFlatL2, faissNode.IndexFlatL2);
console.log('both: same classes');
