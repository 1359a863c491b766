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
const TEMPORARY = /^\.voronode-[0-9a-f]{16}\.tmp$/;

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
      // At most one temporary file a kill, and nothing else.
      expect(leftovers().length).toBeLessThanOrEqual(kills);
      expect(readdirSync(folder).length).toBe(leftovers().length + 1);
    }
    expect(found[0]).toBeGreaterThan(0);
    expect(found[1]).toBeGreaterThan(0);
    // Some were killed half-way, or this test has tested nothing; a save that ends leaves nothing of its own.
    const before = leftovers();
    expect(before.length).toBeGreaterThan(0);
    writeIndexSync(readIndexSync(path), path);
    expect(leftovers()).toEqual(before);
  });
});
