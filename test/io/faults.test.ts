/**
 * Saving while the operating system fails, seen from JavaScript: strace makes the n-th call of the saving process fail.
 * (native/test/io_faults.cc does this for every call; this shows that the errors come out as those of `node:fs`.)
 * Skipped where strace is not there or may not trace.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readIndexSync } from '../../lib/index.js';

const strace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']);
const missing = process.env.ASAN_OPTIONS
  ? 'the sanitizer makes system calls of its own, which would be failed too; native/test/io_faults.cc runs under it'
  : strace.error !== undefined || strace.status !== 0
    ? 'strace is not there, or may not trace; on Debian: apt-get install strace'
    : '';

test('strace is there', (context) => context.skip(missing !== '', missing));

type SystemError = NodeJS.ErrnoException | null;

describe.skipIf(missing !== '')('a save whose system call fails', () => {
  let folder = '';
  let path = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'voronode-faults-'));
    path = join(folder, 'index.faiss');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Saves over an old file in a process of its own, with this fault injected into the save. */
  async function save(call: string, error: string, nth: number): Promise<SystemError> {
    writeFileSync(path, 'old');
    const saver = spawn(process.execPath, [join(__dirname, 'saver.mjs'), 'once', path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface(saver.stdout!)[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe('waiting');
      const options = [
        '-e',
        `trace=${call}`,
        '-e',
        `inject=${call}:error=${error}:when=${nth}`,
        '-p',
        String(saver.pid),
      ];
      const tracer = spawn('strace', ['-o', join(folder, 'trace'), ...options], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [attached] = await Promise.race([once(tracer.stderr!, 'data'), once(tracer, 'exit')]);
      expect(String(attached)).toContain('attached');
      saver.stdin!.write('\n');
      const outcome = JSON.parse((await lines.next()).value);
      if (tracer.exitCode === null) await once(tracer, 'exit');
      expect(readFileSync(join(folder, 'trace'), 'utf8')).toContain('(INJECTED)');
      return outcome;
    } finally {
      saver.kill('SIGKILL');
    }
  }

  test.each([
    ['write', 'ENOSPC', 1, 'write'],
    ['write', 'EIO', 2, 'write'],
    ['fsync', 'EIO', 1, 'fsync'],
    ['fsync', 'ENOSPC', 1, 'fsync'],
    ['close', 'EIO', 2, 'close'], // after that of the listing of the folder,
    ['/rename.*', 'EACCES', 1, 'rename'],
    ['/rename.*', 'EIO', 1, 'rename'],
    ['fchmod', 'EPERM', 1, 'fchmod'],
    ['openat', 'EMFILE', 1, 'open'],
    ['openat', 'EROFS', 2, 'open', ': the file may be written, but not its folder, .*'],
  ])('%s: %s (call %i)', async (call, code, nth, syscall, hint = '') => {
    const error = await save(call, code, nth);
    expect(error).toMatchObject({ code, errno: -constants.errno[code as keyof typeof constants.errno], syscall, path });
    expect(error!.message).toMatch(new RegExp(`^${code}: .*, ${syscall} '${path}'${hint}$`));
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['index.faiss', 'trace']);
  });

  test.each([
    ['write', 1],
    ['fsync', 1],
    ['close', 2],
    ['openat', 1],
  ])('%s interrupted by a signal: made again', async (call, nth) => {
    expect(await save(call, 'EINTR', nth)).toBe(null);
    expect(readIndexSync(path).ntotal).toBe(1000);
    expect(readdirSync(folder).sort()).toEqual(['index.faiss', 'trace']);
  });
});
