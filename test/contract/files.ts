/** To bytes and files and back: the same index. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  deserializeIndex,
  deserializeIndexSync,
  type Index,
  readIndex,
  readIndexSync,
  serializeIndex,
  serializeIndexSync,
  writeIndex,
  writeIndexSync,
} from '../../lib/index.js';
import { fill, type Subject } from '../subject.js';
import { expectSame } from './change.js';

export function testFiles(subject: Subject): void {
  describe('files', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'voronode-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** Every way from an index to itself. */
    const ways: Record<string, (index: Index) => Promise<Index>> = {
      'bytes, in place': async (index) => deserializeIndexSync(serializeIndexSync(index)),
      'bytes, off the loop': async (index) => deserializeIndex(await serializeIndex(index)),
      'file, in place': async (index) => {
        writeIndexSync(index, join(folder, 'a.faiss'));
        return readIndexSync(join(folder, 'a.faiss'));
      },
      'file, off the loop': async (index) => {
        const url = pathToFileURL(join(folder, 'b #%ü.faiss'));
        await writeIndex(index, url);
        return readIndex(url);
      },
    };

    describe.each(Object.entries(ways))('%s', (_, go) => {
      test.each([0, 1, 17, 300])('%i vectors come back', async (n) => {
        const { index, mirror, random } = fill(subject, n, 7);
        const back = await go(index);
        expect(back.constructor.name).toBe(
          index.constructor.name === 'IndexFlat' && index.metric === 'l2' ? 'IndexFlatL2' : index.constructor.name,
        );
        expect([back.d, back.metric, back.isTrained]).toEqual([7, subject.metric, true]);
        expectSame(subject, back, mirror, random);
        expect(serializeIndexSync(back)).toEqual(serializeIndexSync(index));
      });
    });

    test('all ways write the same bytes, and nothing else', async () => {
      const { index } = fill(subject, 100, 5);
      const path = join(folder, 'c.faiss');
      await writeIndex(index, path);
      const bytes = new Uint8Array(readFileSync(path));
      writeIndexSync(index, path);
      expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
      expect(serializeIndexSync(index)).toEqual(bytes);
      expect(await serializeIndex(index)).toEqual(bytes);
      expect(readdirSync(folder).filter((name) => !name.endsWith('.faiss'))).toEqual([]);
    });

    test('bytes behind the index are ignored, a missing one is not', async () => {
      const { index, mirror, random } = fill(subject, 20, 3);
      const bytes = serializeIndexSync(index);
      const longer = new Uint8Array(bytes.length + 9).fill(0xaa);
      longer.set(bytes);
      expectSame(subject, deserializeIndexSync(longer), mirror, random);
      const corrupt = { name: 'Error', code: 'ERR_VORONODE_CORRUPT', message: expect.stringMatching(/offset|byte/) };
      // The format's own end: what lies behind it is a trailer that may go.
      const end = shortest(bytes);
      for (let length = 0; length < end; length++) {
        const part = bytes.slice(0, length);
        expect(() => deserializeIndexSync(part), `${length}`).toThrow(expect.objectContaining(corrupt));
        if (length % 10 === 0) await expect(deserializeIndex(part)).rejects.toMatchObject(corrupt);
      }
      expectSame(subject, deserializeIndexSync(bytes.slice(0, end)), mirror, random);
      writeFileSync(join(folder, 'short.faiss'), bytes.slice(0, 40));
      expect(() => readIndexSync(join(folder, 'short.faiss'))).toThrow(/short\.faiss/);
    });

    test('a file that cannot be written or read gives the code of the system', async () => {
      const { index, mirror, random } = fill(subject, 5, 3);
      const missing = join(folder, 'no', 'x.faiss');
      const enoent = {
        name: 'Error',
        code: 'ENOENT',
        path: missing,
        errno: -2,
        message: expect.stringMatching(/^ENOENT: /),
      };
      expect(() => readIndexSync(missing)).toThrow(expect.objectContaining(enoent));
      expect(() => writeIndexSync(index, missing)).toThrow(expect.objectContaining({ code: 'ENOENT', errno: -2 }));
      await expect(readIndex(missing)).rejects.toMatchObject(enoent);
      await expect(writeIndex(index, missing)).rejects.toMatchObject({ code: 'ENOENT', errno: -2 });
      await expect(readIndex(folder)).rejects.toMatchObject({ code: 'EISDIR' });
      expectSame(subject, index, mirror, random);
    });

    test('a signal that has fired writes nothing', async () => {
      const { index } = fill(subject, 5, 3);
      const signal = AbortSignal.abort();
      const path = join(folder, 'never.faiss');
      await expect(writeIndex(index, path, { signal })).rejects.toMatchObject({ code: 'ABORT_ERR' });
      await expect(serializeIndex(index, { signal })).rejects.toMatchObject({ code: 'ABORT_ERR' });
      await expect(readIndex(path, { signal })).rejects.toMatchObject({ code: 'ABORT_ERR' });
      await expect(deserializeIndex(serializeIndexSync(index), { signal })).rejects.toMatchObject({
        code: 'ABORT_ERR',
      });
      expect(existsSync(path)).toBe(false);
    });
  });
}

/** The length of the shortest prefix that still is an index. */
function shortest(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && reads(bytes.slice(0, end - 1))) end--;
  return end;
}

function reads(bytes: Uint8Array): boolean {
  try {
    deserializeIndexSync(bytes);
    return true;
  } catch {
    return false;
  }
}
