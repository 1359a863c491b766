/** Saving onto files that cannot be replaced: what the error says, and `atomic: false`, which writes into them. */

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  IndexFlatL2,
  readIndex,
  readIndexSync,
  serializeIndexSync,
  writeIndex,
  writeIndexSync,
} from '../../lib/index.js';
import { run } from '../program.js';

const index = new IndexFlatL2(2);
index.addSync(Float32Array.of(1, 2, 3, 4, 5, 6));
const bytes = Buffer.from(serializeIndexSync(index));

let folder = '';
let path = '';
beforeEach(() => {
  folder = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'voronode-in-place-'));
  path = join(folder, 'a.faiss');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
function mount(from: string, to: string): boolean {
  return isRoot && process.platform === 'linux' && spawnSync('mount', ['--bind', from, to]).status === 0;
}

describe('in place', () => {
  test('a new file, a longer one and a shorter one hold the index and nothing else', async () => {
    writeIndexSync(index, path, { atomic: false });
    expect(fs.readFileSync(path)).toEqual(bytes);
    for (const old of [bytes.length + 1000, 3]) {
      fs.writeFileSync(path, Buffer.alloc(old, 1));
      await writeIndex(index, path, { atomic: false });
      expect(fs.readFileSync(path)).toEqual(bytes);
    }
    expect(fs.readdirSync(folder)).toEqual(['a.faiss']);
  });

  test.skipIf(process.platform === 'win32')('the file stays the same one: its links and permissions', () => {
    fs.writeFileSync(path, 'old', { mode: 0o640 });
    fs.linkSync(path, join(folder, 'hard'));
    fs.symlinkSync('a.faiss', join(folder, 'soft'));
    fs.symlinkSync('to come', join(folder, 'dangling'));
    const { ino, mode } = fs.statSync(path);
    writeIndexSync(index, join(folder, 'soft'), { atomic: false });
    writeIndexSync(index, join(folder, 'dangling'), { atomic: false });
    expect(fs.statSync(path)).toMatchObject({ ino, mode });
    for (const name of ['hard', 'to come']) expect(fs.readFileSync(join(folder, name))).toEqual(bytes);
  });

  test('what is no file gives the error of the system, as the atomic save does', async () => {
    for (const atomic of [true, false]) {
      await expect(writeIndex(index, folder, { atomic })).rejects.toMatchObject({ code: 'EISDIR' });
      await expect(writeIndex(index, join(path, 'x'), { atomic })).rejects.toMatchObject({ code: 'ENOENT' });
      if (process.platform !== 'win32')
        expect(() => writeIndexSync(index, '/dev/null', { atomic })).toThrow(
          expect.objectContaining({ code: 'EINVAL' }),
        );
    }
  });

  test('a signal that fired before leaves the file alone', async () => {
    fs.writeFileSync(path, 'old');
    const options = { atomic: false, signal: AbortSignal.abort() };
    await expect(writeIndex(index, path, options)).rejects.toMatchObject({ name: 'AbortError' });
    expect(() => writeIndexSync(index, path, options)).toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(fs.readFileSync(path, 'utf8')).toBe('old');
  });

  test.each([[null], [0], ['false']])('atomic: %j is refused', async (atomic) => {
    const error = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
    const options = { atomic: atomic as never };
    expect(() => writeIndexSync(index, path, options)).toThrow(expect.objectContaining(error));
    await expect(writeIndex(index, path, options)).rejects.toMatchObject(error);
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

test('a file that is a mount of its own', async (context) => {
  fs.writeFileSync(join(folder, 'outside'), 'old');
  fs.writeFileSync(path, '');
  if (!mount(join(folder, 'outside'), path))
    return context.skip('only root may mount, on Linux, where it is allowed to');
  try {
    const message = expect.stringMatching(
      /^EBUSY: .*, rename '.*a\.faiss': .* mount its folder, .*\{ atomic: false \}$/,
    );
    await expect(writeIndex(index, path)).rejects.toMatchObject({ code: 'EBUSY', syscall: 'rename', path, message });
    expect(fs.readFileSync(path, 'utf8')).toBe('old');
    expect(fs.readdirSync(folder).sort()).toEqual(['a.faiss', 'outside']);
    await writeIndex(index, path, { atomic: false });
    expect((await readIndex(path)).ntotal).toBe(3);
  } finally {
    spawnSync('umount', [path]);
  }
  expect(readIndexSync(join(folder, 'outside')).ntotal).toBe(3);
});

test.skipIf(!isRoot)('a file that may be written, in a folder that may not', async () => {
  fs.writeFileSync(path, 'old');
  fs.chmodSync(path, 0o666);
  fs.chmodSync(folder, 0o755);
  const { stdout, stderr } = await run('io/in_place.cjs', [path]);
  expect(stderr).toBe('');
  const [atomic, inPlace] = stdout.trim().split('\n');
  expect(atomic).toMatch(
    /^EACCES: .*, open '.*a\.faiss': the file may be written, but not its folder, .*\{ atomic: false \}$/,
  );
  expect(inPlace).toBe('saved');
  expect(fs.readFileSync(path)).toEqual(bytes);
});
