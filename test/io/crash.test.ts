/**
 * Saving over a file while the process is killed: the old version or the new one is there, whole, every time.
 * VORONODE_KILLS: how many times; default 40, in CI 200.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IndexFlatL2, readIndexSync, serializeIndexSync, writeIndexSync } from '../../lib/index.js';
import { Random } from '../random.js';

const KILLS = Number(process.env.VORONODE_KILLS || (process.env.CI ? 200 : 40));
const TEMPORARY = /^\.voronode-[0-9a-f]{16}-[0-9a-f]{16}\.tmp$/;

/** The bytes of saver.mjs's version 0 or 1. */
function version(number: number): Buffer {
  const index = new IndexFlatL2(64);
  index.addSync(new Float32Array([3000, 1000][number]! * 64).fill(number + 1));
  return Buffer.from(serializeIndexSync(index));
}

// Windows knows no SIGKILL; TerminateProcess is what kill() does there, and it does the same harm.
describe('killed while saving', () => {
  let folder = '';
  let path = '';
  const versions = [version(0), version(1)];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'voronode-crash-'));
    path = join(folder, 'index.faiss');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const leftovers = () => readdirSync(folder).filter((name) => TEMPORARY.test(name));

  /** Starts a saver that has saved at least once. */
  async function start(): Promise<ChildProcess> {
    const saver = spawn(process.execPath, [join(__dirname, 'saver.mjs'), 'loop', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const first = await Promise.race([once(saver.stdout!, 'data'), once(saver, 'exit')]);
    expect(String(first[0])).toBe('saved\n');
    return saver;
  }

  test(`${KILLS} times at random moments`, { timeout: 600_000 }, async () => {
    const random = new Random(KILLS);
    const found = [0, 0];
    let halfway = 0;
    for (let kills = 1; kills <= KILLS; kills++) {
      const saver = await start();
      await wait(random.next() * 20); // several saves
      saver.kill('SIGKILL');
      const [code, signal] = saver.exitCode === null ? await once(saver, 'exit') : [saver.exitCode, null];
      expect([code, signal]).toEqual([null, 'SIGKILL']);

      const bytes = readFileSync(path);
      const number = versions.findIndex((whole) => whole.equals(bytes));
      expect(number, `kill ${kills} left ${bytes.length} bytes of no version`).not.toBe(-1);
      found[number]!++;
      expect(readIndexSync(path).ntotal).toBe([3000, 1000][number]);
      // At most its own temporary file, and nothing else: it has removed that of the one before.
      const left = leftovers().length;
      expect(left).toBeLessThanOrEqual(1);
      halfway += left;
      expect(readdirSync(folder).length).toBe(leftovers().length + 1);
    }
    expect(found[0]).toBeGreaterThan(0);
    expect(found[1]).toBeGreaterThan(0);
    expect(halfway, 'killed half-way, or this test has tested nothing').toBeGreaterThan(0);
    writeIndexSync(readIndexSync(path), path);
    expect(leftovers()).toEqual([]);
  });

  test('a living saver keeps its file while others save to the same target', { timeout: 60_000 }, async () => {
    const saver = await start();
    const index = readIndexSync(path);
    for (let i = 0; i < 50; i++) writeIndexSync(index, path);
    expect(saver.exitCode).toBe(null); // an error would have ended it
    saver.kill('SIGKILL');
    await once(saver, 'exit');
    writeIndexSync(index, path);
    expect(leftovers()).toEqual([]);
  });

  // On Windows an open file cannot be removed.
  test.skipIf(process.platform === 'win32').each(['exit', 'throw'])(
    'a process that ends in order (%s) in the middle of a save leaves nothing',
    async (how) => {
      const saver = spawn(process.execPath, [join(__dirname, 'saver.mjs'), how, path], { stdio: 'pipe' });
      let output = '';
      saver.stdout.on('data', (text) => (output += text));
      const [code] = await once(saver, 'close');
      expect([code, output]).toEqual([how === 'exit' ? 0 : 1, 'saving\n']);
      expect(leftovers()).toEqual([]);
    },
  );
});
