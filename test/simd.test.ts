/** One answer on every machine: each kernel target gives the same bits, and passes the contract suite. */

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { simdTarget, simdTargets } from '../lib/index.js';
import { addonPath, root } from './addon.js';

/** The output of a process that runs the kernels for this target, also if it fails. */
async function node(target: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, VORONODE_SIMD: target };
  try {
    return (await promisify(execFile)(process.execPath, args, { cwd: root, env, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    const { stdout, message } = error as { stdout?: string; message: string };
    return stdout || message;
  }
}

const digests = async (target: string) => {
  const output = await node(target, join(root, 'test', 'simd_digest.cjs'), addonPath);
  return output.trimEnd().split('\n');
};

interface Report {
  numPassedTests: number;
  success: boolean;
  testResults: { assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }[];
}

/** With VORONODE_THOROUGH=1 those of all kinds, too; the C++ tests and the search fuzzers force each target anyway. */
const SUITES = ['flat'];
const MORE = [
  ...readdirSync(__dirname)
    .filter(usesContract)
    .map((file) => file.slice(0, -'.test.ts'.length)),
  'ivf_model',
  'kmeans',
];

function usesContract(file: string): boolean {
  return file.endsWith('.test.ts') && /from '\.\/contract\.js'/.test(readFileSync(join(__dirname, file), 'utf8'));
}

describe('kernels', () => {
  const plain = digests('generic');
  const others = simdTargets().filter((target) => target !== 'generic');

  test.skipIf(others.length === 0).each(others)('for %s give the bits of those in plain C++', async (target) => {
    const expected = await plain;
    expect(expected).toHaveLength(504);
    expect(await digests(target)).toEqual(expected);
  });

  // The target in use runs the suite in this process's siblings.
  test.each(simdTargets().filter((target) => target !== simdTarget()))(
    'for %s pass the contract suite',
    async (target) => {
      const names = process.env.VORONODE_THOROUGH ? MORE : SUITES;
      const suites = names.map((name) => `test/${name}.test.ts`);
      const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
      const report: Report = JSON.parse(await node(target, vitest, 'run', '--reporter=json', ...suites));
      const failed = report.testResults.flatMap(({ assertionResults }) =>
        assertionResults
          .filter(({ status }) => status === 'failed')
          .map((one) => [one.fullName, ...one.failureMessages]),
      );
      expect(failed).toEqual([]);
      expect(report.success).toBe(true);
      expect(report.numPassedTests).toBeGreaterThan(1000);
    },
    600_000,
  );
});
