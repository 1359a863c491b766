/** The end of a thread or of the process in the midst of work: whatever ends it, there is no crash. */

import { describe, expect, it } from 'vitest';
import { run } from '../program.js';

describe('workers terminated during searches and changes', () => {
  const times = process.env.VORONODE_THOROUGH ? 100 : 40;
  it.each([
    ['only the workers use the addon, which comes and goes with them', 'no'],
    ['the main thread works, too', 'yes'],
  ])('%s', async (_, main) => {
    const { code, signal, stdout, stderr } = await run('lifecycle/programs/terminate.mjs', [times, main]);
    expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
    expect(stdout).toBe(`terminated ${times}\n`);
  });
});

it('a terminated worker does not wait for the work of other threads', async () => {
  const { code, signal, stdout, stderr } = await run('lifecycle/programs/queued.mjs');
  expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
  expect(stdout).toBe('still busy\n');
});

describe.each([
  { way: 'exit', code: 3, stderr: /^$/ },
  { way: 'exit with workers', code: 3, stderr: /^$/ },
  { way: 'throw', code: 1, stderr: /Error: uncaught, on purpose/ },
  { way: 'reject', code: 1, stderr: /Error: unhandled, on purpose/ },
])('the process ends during work: $way', (expected) => {
  it.concurrent.each([0, 1, 2, 3, 5, 8, 13, 21, 34, 55])('after %i ms', async (wait) => {
    const { code, signal, stderr } = await run('lifecycle/programs/end.mjs', [expected.way, wait]);
    expect({ signal, code }).toEqual({ signal: null, code: expected.code });
    expect(stderr).toMatch(expected.stderr);
  });
});

describe('the event loop', () => {
  it('lives until the last promise is settled, and no longer', async () => {
    const { code, signal, stdout } = await run('lifecycle/programs/idle.mjs', [], { milliseconds: 20_000 });
    expect({ signal, code, stdout }).toEqual({ signal: null, code: 0, stdout: 'idle\nworking\n10 found\n10 found\n' });
  });
});
