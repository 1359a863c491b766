/** The benchmark runs, finds wrong answers, and keeps its promise about memory. Its figures are no matter here. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { faiss, python } from './io/peer.js';
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
    expect(blocks.length).toBe(2 * 5 * 2);
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

  test('start', async () => {
    const { code, stdout, stderr } = await run('../bench/run.mjs', ['start', '--rivals', 'none']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| voronode \d\S+ +\| +[\d.]+ m?s \([\d.–]+\) +\|/);
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
    expect(stdout).toMatch(/^200 `IndexIVFFlat` of 64 × 1000 in 8 lists, .*; kept\.$/m);
    expect(code).toBe(0);
  });

  const lists = ['--d', '16', '--n', '3k', '--nlist', '16', '--nprobe', '2,16', '--nq', '1,50', '--seconds', '0.01'];

  test('ivf: checked answers, recall, memory, JSON and chart', async () => {
    const [json, svg] = [join(folder, 'ivf.json'), join(folder, 'ivf.svg')];
    const args = ['ivf', ...lists, '--data', 'lowrank,unit', '--rivals', 'none', '--threads', '1,2', '--json', json];
    const { code, stdout, stderr } = await run('../bench/run.mjs', [...args, '--svg', svg]);
    expect(stderr).toBe('');
    expect(code).toBe(0);

    const { blocks } = JSON.parse(readFileSync(json, 'utf8'));
    expect(blocks.map((block: { threads: number }) => block.threads)).toEqual([1, 2, 1, 2]);
    for (const { build, rows, recalls, equal, curves } of blocks) {
      for (const { ours } of build.steps) expect(ours.seconds.min).toBeGreaterThan(0);
      expect(rows.length).toBe(2 * 2);
      expect(rows[0].ours.map((our: { setting: string }) => our.setting)).toEqual(['search', 'searchSync']);
      expect(recalls[0].ours.recall).toBeLessThan(1);
      expect(recalls[1].ours).toEqual({ recall: 1, scanned: 1 }); // all lists
      expect(equal[2].ours.median).toBeGreaterThan(0);
      const reached = curves[0].points.map((point: { recall: number }) => point.recall);
      expect(reached).toEqual(reached.toSorted((a: number, b: number) => a - b));
    }
    expect(stdout).toContain('### 16 × 3000, IVF16, unit, ip, 2 threads');
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  // AddressSanitizer keeps memory of its own. Few rows would drown in what a process grows and shrinks by anyhow.
  test.skipIf(process.env.ASAN_OPTIONS)('ivf: memory', async () => {
    const json = join(folder, 'memory.json');
    const args = ['ivf', '--d', '128', '--n', '100k', '--nlist', '16', '--parts', 'memory', '--rivals', 'none'];
    const { code, stdout, stderr } = await run('../bench/run.mjs', [...args, '--threads', '2', '--json', json]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const [sketched, plain] = JSON.parse(readFileSync(json, 'utf8')).blocks[0].memory;
    expect([sketched.sketch, plain.sketch, plain.floats]).toEqual([true, false, 100_000 * 128 * 4]);
    for (const { grown, peak, floats } of [sketched, plain]) {
      expect(grown / floats).toBeGreaterThan(0.9);
      expect(grown / floats).toBeLessThan(1.6);
      expect(peak).toBeGreaterThanOrEqual(grown);
    }
    expect(stdout).toMatch(/^Memory without sketches: [\d.]+ MB resident for 51.2 MB of float32/m);
  });

  // AddressSanitizer would be loaded into Python, too.
  test.skipIf(process.env.ASAN_OPTIONS)('ivf beside Faiss: its lists, its compressed ones', async (context) => {
    if ('missing' in faiss) context.skip(faiss.missing); // which VORONODE_REQUIRE_FAISS forbids (test/io/interop.test.ts)
    const json = join(folder, 'faiss.json');
    const args = ['ivf', ...lists, '--data', 'lowrank', '--rivals', 'faiss', '--threads', '2', '--json', json];
    const { code, stderr } = await run('../bench/run.mjs', args, { env: { FAISS_PYTHON: python } });
    expect(stderr).toBe('');
    expect(code).toBe(0);

    const [{ build, rows, recalls, equal, skipped }] = JSON.parse(readFileSync(json, 'utf8')).blocks;
    expect(skipped).toEqual([]);
    expect(build.objectives[0] / build.objectives[1]).toBeLessThan(1.05);
    for (const { ours, faiss: theirs } of rows) {
      expect(theirs.seconds.min).toBeGreaterThan(0);
      for (const { ratio } of ours) expect(ratio.min).toBeGreaterThan(0);
    }
    expect(recalls[1].faiss).toEqual({ recall: 1, scanned: 1 });
    const rivals = ['faiss', 'faiss SQ8', 'faiss PQ8x4fs,RFlat'];
    expect(equal[0].rivals.map(({ rival }: { rival: string }) => rival)).toEqual(rivals);
  });

  test('serve: callers against one call, short searches beside long work, the event loop', async () => {
    const json = join(folder, 'serve.json');
    const shape = ['--d', '16', '--n', '3k', '--nq', '1,3,64', '--threads', '2', '--seconds', '0.01'];
    const args = ['serve', ...shape, '--rivals', 'none', '--json', json];
    const { code, stdout, stderr } = await run('../bench/run.mjs', args);
    expect(stderr).toBe('');
    expect(code).toBe(0);

    const [{ callers, giant, loop, peers, nlist }] = JSON.parse(readFileSync(json, 'utf8')).blocks;
    const named = (kind: string) => [1, 3, 64].map((count) => [kind, count]);
    const rows = callers.map((row: { kind: string; callers: number }) => [row.kind, row.callers]);
    expect(rows).toEqual([...named('flat'), ...named('ivf'), ...named('id map')]);
    for (const { callers: count, waves, compared, latency, ratio, rounds, keepsRate, keepsTail } of callers) {
      expect(compared).toBe(waves * count * rounds.callers.length); // every answer, with those of the one call
      expect(ratio.min).toBeGreaterThan(0); // JSON has null for what is not finite
      expect(latency.p50).toBeGreaterThan(0);
      expect(latency.p999).toBeGreaterThanOrEqual(latency.p99);
      expect([typeof keepsRate, typeof keepsTail]).toEqual(Array(2).fill(count === 64 ? 'boolean' : 'undefined'));
    }

    const works = ['search of 5000 queries', `train of ${nlist} lists, 3000 vectors`, 'add of 3000 vectors'];
    const plain = giant.rows.filter(({ options }: { options?: object }) => options === undefined);
    expect(plain.map((row: { giant: string }) => row.giant)).toEqual(works.flatMap((work) => [work, work]));
    expect(giant.rows.length).toBe(2 * (2 * works.length - giant.refused.length)); // each in the background, too
    for (const { searches, waiting, slower } of giant.rows) {
      expect(searches).toBeGreaterThan(0);
      expect(waiting.worst).toBeGreaterThanOrEqual(waiting.p99);
      expect(slower.min).toBeGreaterThan(0);
    }
    const steps = ['nothing', 'add', 'search', 'save', 'load', 'close'];
    expect(loop.rows.map(({ step }: { step: string }) => step)).toEqual([...steps, 'all']);
    for (const { delay, worst } of loop.rows) expect(worst.max).toBeGreaterThanOrEqual(delay.max);
    expect([typeof loop.keepsCall, typeof loop.keepsDelay]).toEqual(['boolean', 'boolean']);
    expect(peers).toBeUndefined();
    expect(stdout).toMatch(/^\| flat +\| +64 \|.* (kept|missed) \| +(kept|missed) \|$/m);
  });

  test('items: the nearest of every item', async () => {
    const json = join(folder, 'items.json');
    const { code, stdout, stderr } = await run('../bench/run.mjs', [
      'items',
      '--n',
      '3k',
      '--nq',
      '700',
      '--json',
      json,
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const [{ recall }] = JSON.parse(readFileSync(json, 'utf8')).rows;
    expect(recall).toBeGreaterThan(0.85); // 0.9 is aimed at on a sample
    expect(stdout).toContain('Extrapolated to 100 × 5M');
  });

  test.each([
    [['flat', '--k', '0']],
    [['flat', '--data', 'x']],
    [['flat', '--foo']],
    [['flat', '--n', '5']],
    [['ivf', '--n', '50', '--nlist', '60']],
    [['serve', '--parts', 'build']],
    [['serve', '--n', '50', '--nlist', '60']],
  ])('refuses %j in a line', async (args) => {
    const { code, stderr } = await run('../bench/run.mjs', args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^bench: .*\n$/);
  });
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

  test('among some only', () => {
    expect(Array.from(truth(dataset, 1, 3, (_query: number, id: number) => id !== 1)[0])).toEqual([0, 4, 18]);
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

describe('the answers of callers', async () => {
  const { Answers, checkSameBits } = await load('serve_answers.mjs');
  const answers = (label: bigint, distance: number) => {
    const two = new Answers(2, 2);
    two.put(0, { labels: BigInt64Array.of(4n, 5n), distances: Float32Array.of(0, 1) });
    two.put(1, { labels: BigInt64Array.of(6n, label), distances: Float32Array.of(0, distance) });
    return two;
  };

  test('are compared to the bit', () => {
    expect(() => checkSameBits('flat', answers(7n, 1), answers(7n, 1))).not.toThrow();
    const message = 'flat: place 1 of query 1 is vector 8 at 1, but vector 7 at 1 is right';
    expect(() => checkSameBits('flat', answers(8n, 1), answers(7n, 1))).toThrow(message);
    expect(() => checkSameBits('flat', answers(7n, -0), answers(7n, 0))).toThrow('place 1 of query 1');
    expect(() => checkSameBits('flat', answers(7n, 1).at(1), answers(7n, 2).at(1))).toThrow('place 1 of query 0');
  });
});

describe('load', async () => {
  const { closedLoop, loopDelayOf, openLoop, quantilesOf } = await load('serve_load.mjs');
  const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  test('callers have one search under way each, and ask each query once', async () => {
    const asked: number[] = [];
    let underWay = 0;
    let most = 0;
    const { seconds, latencies } = await closedLoop(3, 10, async (i: number) => {
      asked.push(i);
      most = Math.max(most, ++underWay);
      await sleep(1);
      underWay--;
    });
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(most).toBe(3);
    expect(latencies.length).toBe(10);
    expect(seconds).toBeGreaterThan(0);
  });

  test('requests by the clock do not wait for each other, and their answers are looked at', async () => {
    const seen: number[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const search = async (i: number) => {
      if (i === 2) release(); // without it the first would never come back
      await held;
      return i;
    };
    const check = (i: number, found: number) => seen.push(i - found);
    const latencies = await openLoop(1, { search, check }, () => held);
    expect(latencies.length).toBeGreaterThanOrEqual(3);
    expect(seen).toEqual(latencies.map(() => 0));
    const fail = () => Promise.reject(new Error('no answer'));
    await expect(openLoop(1, { search: fail, check }, () => sleep(1))).rejects.toThrow('no answer');
  });

  test('a blocked event loop is seen', async () => {
    const { delay, result } = await loopDelayOf(async () => {
      await sleep(5);
      for (const begin = performance.now(); performance.now() - begin < 50; );
      return 'done';
    });
    expect(result).toBe('done');
    expect(delay).toBeGreaterThan(0.04);
  });

  test('quantiles by the nearest rank', () => {
    const quantile = quantilesOf([4, 1, 3, 2]);
    expect([0, 0.5, 0.51, 0.75, 1].map(quantile)).toEqual([1, 2, 3, 3, 4]);
  });
});

describe('recall against speed', async () => {
  const { compareCurves, rateAt } = await load('curve.mjs');
  const { recall } = await load('recall.mjs');
  const curve = (...points: [number, number][]) => ({
    rival: 'faiss',
    points: points.map(([recall, rate]) => ({ recall, rates: [rate, 2 * rate] })),
  });
  const first = ({ rates }: { rates: number[] }) => rates[0];

  test('recall is a share of the exact answers, in any order', () => {
    expect(recall([1, 2, 3, 9, 8, 7], [3, 2, 5, 7, 8, 9], 3)).toBe(5 / 6);
  });

  test('between two points the logarithm of the rate is straight', () => {
    expect(rateAt([curve([0.8, 400], [1, 100])], 0.9, first)).toBeCloseTo(200);
    expect(rateAt([curve([0.9, 400], [1, 100])], 0.8, first)).toBe(400);
    expect(rateAt([curve([0.5, 400], [0.8, 100])], 0.9, first)).toBeUndefined();
  });

  test('the best curve of a rival counts', () => {
    expect(rateAt([curve([0.9, 70]), curve([0.95, 90]), curve([0.85, 500])], 0.9, first)).toBe(90);
  });

  test('rates are compared where both reach the recall', () => {
    const ours = { ...curve([0.9, 800], [1, 400]), rival: 'voronode', ours: true };
    const [low, , high] = compareCurves([ours, curve([0.9, 200], [0.95, 100])]);
    expect(low.rivals[0].ratio).toEqual({ median: 4, min: 4, max: 4 });
    expect(high.rivals).toEqual([{ rival: 'faiss' }]);
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
