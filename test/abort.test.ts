/** One listener a signal, however many operations it stops. */

import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { IndexFlatL2 } from '../lib/index.js';
import { warningsOf } from './warnings.js';

const rows = new Float32Array(4000 * 16);
const index = new IndexFlatL2(16);
index.addSync(rows);

/** So many searches at once. */
const searches = (n: number, signal: AbortSignal) =>
  Array.from({ length: n }, () => index.search(rows.subarray(0, 1600), 3, { signal }));

test('many searches with one signal: one listener, no warning, none left at the end', async () => {
  const { signal } = new AbortController();
  const warned = await warningsOf(async () => {
    const running = searches(30, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await Promise.all(running);
  });
  expect(warned).toEqual([]);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  await Promise.all(searches(2, signal)); // and again
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('a signal stops all of them, and those of another go on', async () => {
  const [stopped, kept] = [new AbortController(), new AbortController()];
  const running = searches(20, stopped.signal);
  const others = searches(3, kept.signal);
  stopped.abort('enough');
  const ends = await Promise.allSettled(running);
  // Those that were done before the signal fired are done; one pool thread at least is behind.
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  expect(failures.length).toBeGreaterThan(0);
  for (const failure of failures) expect(failure).toMatchObject({ code: 'ABORT_ERR', cause: 'enough' });
  expect((await Promise.all(others)).map(({ nq }) => nq)).toEqual([100, 100, 100]);
  await expect(index.search(rows.subarray(0, 16), 1, stopped)).rejects.toMatchObject({ name: 'AbortError' });
  for (const { signal } of [stopped, kept]) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
