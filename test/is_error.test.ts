import { expect, test } from 'vitest';
import { IndexFlatL2, isVoronodeError, readIndexSync } from '../lib/index.js';
import { hostile } from './hostile.js';

function thrown(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('errors of lib and of the addon are', async () => {
  const index = new IndexFlatL2(2);
  const errors = [
    thrown(() => index.addSync([1, 2] as never)),
    thrown(() => index.addSync(Float32Array.of(NaN, 0))),
    thrown(() => index.searchSync(new Float32Array(2), 0)),
    await index.add(new Float32Array(2), { signal: AbortSignal.abort() }).catch((error: unknown) => error),
  ];
  for (const error of errors) expect(isVoronodeError(error)).toBe(true);
});

test('errors of the file system, and others, are not', () => {
  const errors = [
    thrown(() => readIndexSync('/there/is/none')),
    new Error('ERR_OUT_OF_RANGE'),
    Object.assign(new Error('x'), { code: 'toString' }),
    { code: 'ERR_OUT_OF_RANGE', message: 'no error' },
    ...Object.values(hostile).map((make) => make()),
  ];
  for (const error of errors) expect(isVoronodeError(error)).toBe(false);
});
