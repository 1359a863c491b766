/** Paths as `node:fs` takes them, and what saving does to links and permissions. */

import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { IndexFlatL2, readIndex, readIndexSync, writeIndex, writeIndexSync } from '../../lib/index.js';

const index = new IndexFlatL2(2);
index.addSync(Float32Array.of(1, 2, 3, 4));
const posix = process.platform !== 'win32';

let root = '';
let folder = '';
beforeAll(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'voronode-path-'));
});
beforeEach(() => {
  folder = fs.mkdtempSync(join(root, 'test-'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

describe('a path of bytes', () => {
  test('may be a Buffer or a Uint8Array', async () => {
    const path = Buffer.from(join(folder, 'ü.faiss'));
    await writeIndex(index, path);
    writeIndexSync(index, new Uint8Array(path));
    expect(fs.readdirSync(folder)).toEqual(['ü.faiss']);
    expect((await readIndex(path)).ntotal).toBe(2);
    expect(readIndexSync(new Uint8Array(path)).ntotal).toBe(2);
  });

  test('is read at the call', async () => {
    const path = Buffer.from(join(folder, 'a.faiss'));
    const writing = writeIndex(index, path);
    path.fill(0);
    await writing;
    expect(fs.readdirSync(folder)).toEqual(['a.faiss']);
  });

  // macOS takes no other names than UTF-8.
  test.skipIf(process.platform !== 'linux')('need not be UTF-8', async () => {
    const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.of(0xff, 0xe9, 0x80)]);
    await writeIndex(index, path);
    expect(fs.readdirSync(folder, 'buffer')).toEqual([path.subarray(folder.length + 1)]);
    expect((await readIndex(path)).ntotal).toBe(2);
    expect(readIndexSync(path).ntotal).toBe(2);
  });

  test('stands in errors as text', async () => {
    const path = Buffer.concat([Buffer.from(`${folder}/none/`), Buffer.of(0xff)]);
    const error = { code: 'ENOENT', syscall: 'open', path: `${folder}/none/\ufffd` };
    if (posix) await expect(readIndex(path)).rejects.toMatchObject(error);
    if (posix) expect(() => writeIndexSync(index, path)).toThrow(expect.objectContaining(error));
    expect(() => readIndexSync(Buffer.alloc(0))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  test('may not hold null bytes, in the words of node:fs', async () => {
    for (const path of ['a\0b', Buffer.from('a\0b')]) {
      let words = '';
      try {
        fs.readFileSync(path);
      } catch (error) {
        words = (error as Error).message;
      }
      // Later versions of Node may say more or less than this one.
      if (process.version.startsWith('v20.')) expect(() => readIndexSync(path)).toThrow(words);
      const error = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
      expect(() => writeIndexSync(index, path)).toThrow(expect.objectContaining(error));
      await expect(readIndex(path)).rejects.toMatchObject(error);
      await expect(writeIndex(index, path)).rejects.toMatchObject(error);
    }
  });
});

describe.skipIf(!posix)('saving over', () => {
  test('a symbolic link: it stays, what it points to is replaced or made', async () => {
    fs.writeFileSync(join(folder, 'target'), 'old');
    fs.symlinkSync('target', join(folder, 'link'));
    fs.symlinkSync('to come', join(folder, 'dangling'));
    await writeIndex(index, join(folder, 'link'));
    await writeIndex(index, join(folder, 'dangling'));
    expect(fs.readlinkSync(join(folder, 'link'))).toBe('target');
    expect(fs.readlinkSync(join(folder, 'dangling'))).toBe('to come');
    expect(readIndexSync(join(folder, 'target')).ntotal).toBe(2);
    expect(readIndexSync(join(folder, 'to come')).ntotal).toBe(2);
    expect(fs.readdirSync(folder).length).toBe(4);
  });

  test('one of several hard links: the others keep the old content', () => {
    fs.writeFileSync(join(folder, 'a'), 'old');
    fs.linkSync(join(folder, 'a'), join(folder, 'b'));
    writeIndexSync(index, join(folder, 'a'));
    expect(fs.readFileSync(join(folder, 'b'), 'utf8')).toBe('old');
  });

  test('a file with permissions: they stay, set-id bits do not', () => {
    const path = join(folder, 'a');
    fs.writeFileSync(path, 'old');
    for (const [before, after] of [
      [0o640, 0o640],
      [0o6755, 0o755],
    ] as const) {
      fs.chmodSync(path, before);
      writeIndexSync(index, path);
      expect(fs.statSync(path).mode & 0o7777).toBe(after);
    }
  });
});
