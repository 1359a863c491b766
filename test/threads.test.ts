import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { getThreads, setThreads, simdTarget, simdTargets } from '../lib/index.js';
import { addonPath } from './addon.js';
import { hostile } from './hostile.js';

const before = getThreads();
afterEach(() => setThreads(before));

/** What an expression over the raw addon gives in a process with this environment. */
async function inProcess(expression: string, env: Record<string, string>): Promise<unknown> {
  const script = `const native = require(process.argv[1]); console.log(JSON.stringify(${expression}))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, addonPath], {
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout);
}

describe('threads', () => {
  test('are as many as was said', () => {
    for (const n of [1, 3, 1024]) {
      setThreads(n);
      expect(getThreads()).toBe(n);
    }
  });

  test.each(Object.entries(hostile))('cannot be %s', (title, make) => {
    if (title === '1') return void expect(setThreads(1)).toBeUndefined();
    const expected =
      typeof make() === 'number'
        ? {
            name: 'RangeError',
            code: 'ERR_OUT_OF_RANGE',
            message: expect.stringMatching(/an integer >= 1( && <= 1024)?\./),
          }
        : { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message: expect.stringContaining('"n" argument') };
    expect(() => setThreads(make() as number)).toThrow(expect.objectContaining(expected));
    expect(getThreads()).toBe(before);
  });

  test('are as many as the environment says', async () => {
    for (const n of ['1', '3', '1024'])
      expect(await inProcess('native.threads()', { VORONODE_THREADS: n })).toBe(Number(n));
  });

  test.each(['0', '-1', '1025', 'two', '1e9', '1.5', '3 ', ' 3', '+3', '99999999999999999999'])(
    'cannot be "%s" in the environment',
    async (value) => {
      const message = `VORONODE_THREADS must be an integer >= 1 and <= 1024. Received '${value}'`;
      await expect(inProcess('native.threads()', { VORONODE_THREADS: value })).rejects.toThrow(message);
    },
  );

  // Less than there are cores in a container with a quota of processor time.
  test('are no more than cores', async () => {
    const threads = await inProcess('native.threads()', { VORONODE_THREADS: '' });
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(threads).toBeLessThanOrEqual(cpus().length);
  });

  test.runIf(process.platform === 'linux')('are no more than the cores this process may run on', async () => {
    const script = 'console.log(require(process.argv[1]).threads())';
    const { stdout } = await promisify(execFile)('taskset', ['1', process.execPath, '-e', script, addonPath], {
      env: { ...process.env, VORONODE_THREADS: '' },
    });
    expect(stdout).toBe('1\n');
  });
});

describe('kernels', () => {
  test('are of this machine', () => {
    expect(simdTargets()).toContain(simdTarget());
    expect(simdTargets().at(-1)).toBe('generic');
  });

  test('are those that the environment names', async () => {
    for (const target of simdTargets()) {
      expect(await inProcess('native.simdTarget()', { VORONODE_SIMD: target })).toBe(target);
    }
    expect(await inProcess('native.simdTarget()', { VORONODE_SIMD: '' })).toBe(simdTargets()[0]);
    for (const unknown of ['mmx', 'AVX2 ']) {
      const message = `VORONODE_SIMD names a target that this machine cannot run: '${unknown}'`;
      await expect(inProcess('native.simdTarget()', { VORONODE_SIMD: unknown })).rejects.toThrow(message);
    }
  });
});
