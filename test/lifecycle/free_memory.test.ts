/** Answers that are larger than the memory that is free: refused before anything is allocated. */

import { totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { IndexFlatL2 } from '../../lib/index.js';

const K = 2 ** 31 - 1;
// 20 bytes a neighbour, so that this is more than twice of what the machine has.
const nq = Math.ceil(totalmem() / K / 8);
const queries = new Float32Array(2 * nq);
const index = new IndexFlatL2(2);
index.addSync(Float32Array.of(0, 0, 1, 1));

it('refuses a k beyond memory, also of many calls at once', async () => {
  const error = {
    name: 'RangeError',
    code: 'ERR_VORONODE_NO_MEMORY',
    message: expect.stringMatching(/^Cannot allocate \d+ bytes: \d+ are free/),
  };
  expect(() => index.searchSync(queries, K)).toThrow(expect.objectContaining(error));
  const ends = await Promise.allSettled(Array.from({ length: 5 }, () => index.search(queries, K)));
  for (const end of ends) expect(end).toMatchObject({ status: 'rejected', reason: error });
  expect(index.searchSync(queries.subarray(0, 2), 3).row(0).labels).toHaveLength(2); // nothing stays claimed
});
