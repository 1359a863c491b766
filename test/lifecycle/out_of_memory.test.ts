/** Memory that runs out at every allocation of the addon in turn: once, and from then on. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../program.js';

const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The library that makes malloc fail, built for this machine; undefined where that cannot be done. */
function failingMalloc(): string | undefined {
  // A sanitizer that is preloaded brings a malloc of its own.
  if (process.platform !== 'linux' || process.env.LD_PRELOAD) return undefined;
  const library = join(folder, 'failing_malloc.so');
  const source = fileURLToPath(new URL('programs/failing_malloc.c', import.meta.url));
  try {
    execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'pipe' });
    return library;
  } catch {
    return undefined; // no C compiler, or no glibc
  }
}

const library = failingMalloc();

describe.skipIf(library === undefined)('memory runs out (Linux with glibc and a C compiler, no sanitizer)', () => {
  const attempt = async (at: number, on: boolean) => {
    const env = { LD_PRELOAD: library!, FAIL_AT: String(at), ...(on ? { FAIL_ON: '1' } : {}) };
    const { code, signal, stdout, stderr } = await run('lifecycle/programs/out_of_memory.mjs', [], { env });
    expect({ at, signal, code, stderr }).toEqual({ at, signal: null, code: 0, stderr: '' });
    expect(stdout, `allocation ${at}`).toMatch(/^\d+ failed\n$/);
    return Number.parseInt(stdout, 10);
  };

  // VORONODE_THOROUGH=1 tries every allocation instead of every 47th.
  const step = process.env.VORONODE_THOROUGH ? 1 : 47;

  it.each([
    ['once', false],
    ['for good', true],
  ])('%s', async (_, on) => {
    let failures = 0;
    // Beyond the last allocation nothing fails any more; how many there are depends on the number of threads.
    for (let at = 1, quiet = 0; quiet < 3; at += step) {
      const failed = await attempt(at, on);
      failures += failed;
      quiet = failed === 0 ? quiet + 1 : 0;
      expect(at).toBeLessThan(5000);
    }
    expect(failures).toBeGreaterThan(10);
  });
});
