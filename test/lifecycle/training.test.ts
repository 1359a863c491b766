/** Trainings, which call back into JavaScript while they run, and whatever ends them. */

import { describe, expect, it } from 'vitest';
import { native } from '../../lib/native.js';
import { run } from '../program.js';

const rows = Float32Array.from({ length: 32 * 20_000 }, (_, i) => (i * 31) % 97);

describe('during trainings with progress', () => {
  it('workers are terminated', async () => {
    const { code, signal, stdout, stderr } = await run('lifecycle/programs/training.mjs', ['terminate', 60]);
    expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
    expect(stdout).toBe('terminated 60\n');
  });

  it.each(['exit', 'worker exit'])('the progress ends the thread: %s', async (way) => {
    const { code, signal, stderr } = await run('lifecycle/programs/training.mjs', [way]);
    expect({ signal, code, stderr }).toEqual({ signal: null, code: 5, stderr: '' });
  });
});

describe('an index that is trained', () => {
  it('may be closed and forgotten by the progress', async () => {
    for (let i = 0; i < 20; i++) {
      const index = native.ivfFlat(32, 64, 1, true, undefined);
      let calls = 0;
      const progress = () => {
        calls++;
        native.close(index);
      };
      expect(await native.train(index, rows, { niter: 3 }, progress, undefined)).toBe(0);
      expect(calls).toBeGreaterThan(0);
      expect(() => native.ntotal(index)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_CLOSED' }));
    }
  });

  it('may be waited for in place by the progress of another', async () => {
    const [index, other] = [1, 2].map(() => native.ivfFlat(32, 64, 1, true, undefined));
    const training = native.train(other!, rows, { niter: 20 }, undefined, undefined);
    await native.train(index!, rows, { niter: 5 }, () => native.listSizesSync(other!), undefined);
    await training;
    expect(native.isTrained(other!)).toBe(true);
  });

  it('may itself be waited for in place by its progress', async () => {
    const index = native.ivfFlat(32, 64, 1, true, undefined);
    const sizes: number[] = [];
    await native.train(index, rows, { niter: 5 }, () => sizes.push(native.listSizesSync(index).length), undefined);
    expect(new Set(sizes)).toEqual(new Set([64]));
  });

  it('reports nothing that comes after its promise', async () => {
    const late: unknown[] = [];
    const jobs = Array.from({ length: 30 }, async () => {
      const index = native.ivfFlat(32, 16, 1, true, undefined);
      let calls = 0;
      await native.train(index, rows.subarray(0, 32 * 700), { niter: 4 }, () => calls++, undefined);
      const before = calls;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (calls !== before || calls === 0) late.push(calls);
    });
    await Promise.all(jobs);
    expect(late).toEqual([]);
  });
});
