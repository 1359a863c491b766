/** The benchmark runs, finds wrong answers, and keeps its promise about memory. Its figures are no matter here. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'voronode-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A module of the benchmark; these have no types. */
const load = (name: string) => import(new URL(`../bench/${name}`, import.meta.url).href);

describe('npm run bench', () => {
  const shape = ['--d', '8,20', '--n', '3k', '--data', 'all', '--rivals', 'none', '--seconds', '0.01'];

  test('flat: every kind of data, checked answers, JSON and chart', async () => {
    const [json, svg] = [join(folder, 'flat.json'), join(folder, 'flat.svg')];
    const args = ['flat', ...shape, '--nq', '1,8', '--threads', '1,2', '--json', json, '--svg', svg];
    const { code, stdout, stderr } = await run('../bench/run.mjs', args);
    expect(stderr).toBe('');
    expect(code).toBe(0);

    const { blocks } = JSON.parse(readFileSync(json, 'utf8'));
    expect(blocks.length).toBe(2 * 4 * 2);
    for (const { rows } of blocks) {
      expect(rows.map((row: { nq: number }) => row.nq)).toEqual([1, 8]);
      expect(rows[0].ours.map((our: { setting: string }) => our.setting)).toEqual(['search', 'searchSync']);
      for (const our of rows.flatMap((row: { ours: unknown[] }) => row.ours)) {
        expect(our.seconds.min).toBeGreaterThan(0);
        expect(our.rounds.length).toBeGreaterThanOrEqual(3);
      }
    }
    expect(stdout).toContain('### 20 × 3000, unit, ip, 2 threads');
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  test('add', async () => {
    const { code, stdout, stderr } = await run('../bench/run.mjs', ['add', ...shape]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/20 × 3000 +\| integers +\| addSync/);
  });

  // AddressSanitizer keeps memory of its own.
  test.skipIf(process.env.ASAN_OPTIONS)('memory: adding needs little more than what is stored', async () => {
    const { code, stdout, stderr } = await run('../bench/run.mjs', ['memory', '--d', '128', '--n', '400k']);
    expect(stderr).toBe('');
    expect(stdout.match(/\| kept +\|/g)?.length, stdout).toBe(4);
    expect(code).toBe(0);
  });

  test.each([[['flat', '--k', '0']], [['flat', '--data', 'x']], [['flat', '--foo']], [['flat', '--n', '5']]])(
    'refuses %j in a line',
    async (args) => {
      const { code, stderr } = await run('../bench/run.mjs', args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^bench: .*\n$/);
    },
  );
});

describe('the check of answers', async () => {
  const { checkAgainst, checkAnswers, truth } = await load('check.mjs');
  const base = Float32Array.of(0, 0, 1, 0, 0, 2, 3, 3);
  const dataset = { d: 2, n: 4, metric: 'l2', base, queries: Float32Array.of(0, 0) };
  const right = truth(dataset, 1, 3);
  const check = (labels: number[]) => () => checkAnswers('ours', dataset, labels, 3, right);

  test('takes the nearest', () => {
    expect(Array.from(right[0])).toEqual([0, 1, 4]);
    expect(check([0, 1, 2])).not.toThrow();
  });

  test.each([[[0, 2, 1]], [[0, 1, 3]], [[0, 1, 1]], [[0, 1, -1]], [[0, 1, 4]]])('refuses %j', (labels) => {
    expect(check(labels)).toThrow('ours, query 0');
  });

  test('blames who is worse', () => {
    expect(checkAgainst('ours', 'theirs', dataset, [0, 1, 2], [2, 1, 0], 3)).toBe(0);
    expect(checkAgainst('ours', 'theirs', dataset, [0, 1, 2], [0, 1, 3], 3)).toBe(1);
    expect(checkAgainst('ours', 'theirs', dataset, [0, 1, 2], [0, 1, 1], 3)).toBe(1);
    expect(() => checkAgainst('ours', 'theirs', dataset, [0, 1, 3], [0, 1, 2], 3)).toThrow('theirs found 4');
  });

  test('of inner products', () => {
    const products = { ...dataset, metric: 'ip', queries: Float32Array.of(1, 0) };
    expect(Array.from(truth(products, 1, 2)[0])).toEqual([-3, -1]);
  });
});

test('ratios are formed within a round', async () => {
  const { ratios } = await load('rounds.mjs');
  expect(ratios([2, 40, 9], [1, 10, 3])).toEqual({ median: 3, min: 2, max: 4 });
});

test('the figures replace a section of the document and nothing else', async () => {
  const { replaceSection } = await load('report.mjs');
  const document = 'a\n<!-- flat: begin -->\nold\n<!-- flat: end -->\nz';
  expect(replaceSection(document, 'flat', 'new')).toBe('a\n<!-- flat: begin -->\nnew\n<!-- flat: end -->\nz');
  expect(() => replaceSection(document, 'add', 'new')).toThrow('no section');
});
