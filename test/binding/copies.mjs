/** Two copies of the addon in one process, as two versions of the package would be; and one copy loaded twice. */

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { components, native, path } from '../lifecycle/programs/addon.mjs';

const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
try {
  copyFileSync(path, join(folder, 'copy.node'));
  const copy = require(join(folder, 'copy.node'));
  const index = native.flat(32, 1, true);
  const other = copy.flat(32, 1, true);
  await Promise.all([native.add(index, components(320), undefined), copy.add(other, components(640), undefined)]);
  assert.equal(native.ntotal(index), 10);
  assert.equal(copy.ntotal(other), 20);
  assert.throws(() => copy.ntotal(index), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => native.cancel(copy.token()), { code: 'ERR_INVALID_ARG_TYPE' });

  delete require.cache[path];
  const again = require(path);
  assert.notEqual(again, native);
  assert.equal(again.ntotal(index), 10);
  await Promise.all([again.add(index, components(320), undefined), native.add(index, components(320), undefined)]);
  assert.equal(native.ntotal(index), 30);
  again.close(index);
  assert.throws(() => native.ntotal(index), { code: 'ERR_VORONODE_CLOSED' });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log('kept apart');
