/** Files of an IndexKeyMap: what is broken in them is told, and nothing is taken for a map without keys. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import * as v from '../../lib/index.js';
import { Random } from '../random.js';
import { ODD } from './keys.js';

const D = 3;
const folder = mkdtempSync(join(tmpdir(), 'voronode-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

function filled(description: string, keys: readonly string[]): v.IndexKeyMap {
  const random = new Random(2);
  const inner = v.indexFactory(D, description);
  inner.trainSync(random.floats(100 * D), { minPointsPerCentroid: 1 });
  const index = new v.IndexKeyMap(inner);
  index.addWithKeysSync(random.floats(keys.length * D), keys);
  return index;
}

const few = ['a', '', 'ключ', 'e\u0301', '🔑', 'x'.repeat(130)];
const corrupt = expect.objectContaining({ code: 'ERR_VORONODE_CORRUPT' });
/** Where the part of Faiss ends. */
const trailerOf = (bytes: Uint8Array) => Buffer.from(bytes).indexOf('voronode');

describe.each(['Flat', 'IVF4,Flat', 'L2norm,SQ8', 'SQ8,RFlat'])('%s', (description) => {
  test('comes back as it was, by file and by bytes', async () => {
    const index = filled(description, ODD);
    index.removeKeysSync(['', 'a']);
    index.upsertSync(new Random(9).floats(2 * D), ['__proto__', 'new']);
    const path = join(folder, 'odd');
    await v.writeIndex(index, path);
    expect(Buffer.from(v.serializeIndexSync(index)).equals(readFileSync(path))).toBe(true);
    const query = Float32Array.of(1, 2, 3);
    for (const read of [await v.readIndex<v.IndexKeyMap>(path), v.readIndexSync<v.IndexKeyMap>(path)]) {
      expect(read).toBeInstanceOf(v.IndexKeyMap);
      expect(read.constructor.name).toBe('IndexKeyMap');
      expect(read.index.constructor.name).toBe(index.index.constructor.name);
      expect(read.keysSync()).toEqual(index.keysSync());
      expect(read.searchSync(query, 50)).toEqual(index.searchSync(query, 50));
      expect(read.reconstructSync(read.keysSync())).toEqual(index.reconstructSync(read.keysSync()));
      read.upsertSync(query, ['later']);
      expect(read.hasSync('later')).toBe(true);
    }
  });

  test('an empty one', () => {
    const back = v.deserializeIndexSync<v.IndexKeyMap>(v.serializeIndexSync(filled(description, [])));
    expect(back).toBeInstanceOf(v.IndexKeyMap);
    expect([back.ntotal, back.keysSync()]).toEqual([0, []]);
    back.addWithKeysSync(new Float32Array(D), ['a']);
    expect(back.keysSync()).toEqual(['a']);
  });

  test('cut anywhere, it is refused', () => {
    const bytes = v.serializeIndexSync(filled(description, few));
    const taken: number[] = [];
    for (let length = 0; length < bytes.length; length++) {
      try {
        v.deserializeIndexSync(bytes.subarray(0, length));
        taken.push(length);
      } catch (error) {
        expect(error).toEqual(corrupt);
      }
    }
    expect(taken).toEqual([]);
  });

  test('with any byte changed behind the part of Faiss, it is refused', () => {
    const bytes = v.serializeIndexSync(filled(description, few));
    const from = trailerOf(bytes);
    expect(from).toBeGreaterThan(0);
    const taken: string[] = [];
    for (let at = from; at < bytes.length; at++) {
      for (const flip of [1, 0x20, 0x80, 0xff]) {
        const broken = Uint8Array.from(bytes);
        broken[at]! ^= flip;
        try {
          v.deserializeIndexSync(broken);
          taken.push(`${at - from} ^ ${flip}`);
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/ERR_VORONODE_(CORRUPT|UNSUPPORTED)/);
        }
      }
    }
    expect(taken).toEqual([]);
  });

  test('without its mark, or with other ids than rows have, it is refused', () => {
    const bytes = v.serializeIndexSync(filled(description, few));
    const mark = 4 + 4 + 8;
    const ids = trailerOf(bytes) - 8 * few.length;
    for (let at = mark; at < mark + 8; at++) {
      const broken = Uint8Array.from(bytes);
      broken[at]! ^= 1;
      expect(() => v.deserializeIndexSync(broken)).toThrow(corrupt);
    }
    for (let at = ids; at < trailerOf(bytes); at++) {
      const broken = Uint8Array.from(bytes);
      broken[at]! ^= 1;
      expect(() => v.deserializeIndexSync(broken)).toThrow(corrupt);
    }
  });

  test('bytes behind it are ignored, as behind any', () => {
    const index = filled(description, few);
    const bytes = Buffer.concat([v.serializeIndexSync(index), Buffer.from('a trailer')]);
    expect(v.deserializeIndexSync<v.IndexKeyMap>(bytes).keysSync()).toEqual(few);
  });
});

test('a map of ids is what it was, whatever is behind it', () => {
  const index = new v.IndexIDMap(new v.IndexFlatL2(2));
  index.addWithIdsSync(new Float32Array(4), [0, 1]);
  const bytes = v.serializeIndexSync(index);
  for (const behind of ['', 'x', 'voron', 'a trailer that is longer']) {
    expect(v.deserializeIndexSync(Buffer.concat([bytes, Buffer.from(behind)]))).toBeInstanceOf(v.IndexIDMap);
  }
});

test('keys longer than a block of reading', async () => {
  const keys = Array.from({ length: 400 }, (_, i) => String(i).padStart(i % 3 === 0 ? 65_536 : 20_000 + i, 'k'));
  const index = new v.IndexKeyMap(new v.IndexFlatL2(1));
  index.addWithKeysSync(
    Float32Array.from(keys, (_, i) => i),
    keys,
  );
  const path = join(folder, 'long');
  await v.writeIndex(index, path);
  const back = await v.readIndex<v.IndexKeyMap>(path);
  expect(back.keysSync()).toEqual(keys);
  expect(back.searchOneSync(Float32Array.of(200), 1).keys).toEqual([keys[200]]);
  const broken = readFileSync(path);
  broken[broken.length - 1_000_000]! ^= 1;
  writeFileSync(path, broken);
  await expect(v.readIndex(path)).rejects.toMatchObject({ code: 'ERR_VORONODE_CORRUPT' });
});
