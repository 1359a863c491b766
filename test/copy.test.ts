/** Objects of another copy of the package, as after `jest.resetModules()` or with two versions in a tree. */

import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import {
  IDSelectorNot,
  IDSelectorRange,
  Index,
  IndexFlatL2,
  IndexIDMap,
  IndexKeyMap,
  writeIndexSync,
} from '../lib/index.js';
import { version } from '../package.json';

type Package = typeof import('../lib/index.js');
let other: Package;

beforeAll(async () => {
  vi.resetModules();
  other = await import('../lib/index.js');
  expect(other.Index).not.toBe(Index);
});

const folder = join(__dirname, '..');
const of = (what: string) =>
  `Received an instance of ${what} of another copy of voronode (${version}, ${folder}); make it with`;
const index = new IndexFlatL2(2);

test.each<[string, () => unknown, string]>([
  ['an index in a wrapper', () => new IndexIDMap(new other.IndexFlatL2(2)), 'IndexFlatL2'],
  ['an index to write', () => writeIndexSync(new other.IndexFlatL2(2), 'x'), 'IndexFlatL2'],
  [
    'a filter',
    () => index.searchSync(new Float32Array(2), 1, { filter: new other.IDSelectorRange(0, 1) }),
    'IDSelectorRange',
  ],
  ['ids to remove', () => index.removeIdsSync(new other.IDSelectorBatch([1])), 'IDSelectorBatch'],
  ['a part of a selector', () => new IDSelectorNot(new other.IDSelectorRange(0, 1)), 'IDSelectorRange'],
  ['a map of keys to write', () => writeIndexSync(new other.IndexKeyMap(new other.IndexFlatL2(2)), 'x'), 'IndexKeyMap'],
  [
    'keys to remove',
    () => new IndexKeyMap(new IndexFlatL2(2)).removeKeysSync(new other.KeySelector(['a'])),
    'KeySelector',
  ],
  ['this', () => Index.prototype.resetSync.call(new other.IndexFlatL2(2)), 'IndexFlatL2'],
])('%s', (_, call, what) => {
  const error = { name: 'TypeError', message: expect.stringContaining(of(what)) };
  expect(call).toThrow(expect.objectContaining(error));
});

test('objects of this copy are not said to be of another', () => {
  expect(() => new IndexIDMap(new IDSelectorRange(0, 1) as never)).toThrow(/an instance of IDSelectorRange$/);
  expect(() => index.removeIdsSync(index as never)).toThrow(/an instance of IndexFlatL2$/);
});
