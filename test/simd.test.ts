/** One answer on every machine: each kernel target gives the same bits, and passes the contract suite. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { simdTarget, simdTargets } from '../lib/index.js';
import { addonPath, root } from './addon.js';

async function node(target: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, VORONODE_SIMD: target };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env, maxBuffer: 2 ** 26 });
  return stdout;
}

const digests = (target: string) => node(target, join(root, 'test', 'simd_digest.cjs'), addonPath);

describe.each(simdTargets())('kernels for %s', (target) => {
  test('give the bits that the plain C++ kernels give', async () => {
    const [ours, plain] = await Promise.all([digests(target), digests('generic')]);
    expect(plain.split('\n').length).toBeGreaterThan(800);
    expect(ours.split('\n')).toEqual(plain.split('\n'));
  });

  // The target in use runs the suite in this process's siblings.
  test.skipIf(target === simdTarget())('pass the contract suite', async () => {
    const suites = ['flat', 'id_map', 'pre_transform'].map((name) => `test/${name}.test.ts`);
    const report = JSON.parse(
      await node(target, join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', ...suites),
    );
    expect(report.numFailedTests).toBe(0);
    expect(report.numPassedTests).toBeGreaterThan(1000);
  });
});
