/** Several threads of JavaScript, each with indexes of its own, over one pool of native threads. */

import { expect, it } from 'vitest';
import { run } from '../program.js';

it('every worker finds what the main thread finds', async () => {
  const { code, signal, stdout, stderr } = await run('lifecycle/programs/workers.mjs', [4, 50]);
  expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
  expect(stdout).toBe('4 workers agree\n');
});
