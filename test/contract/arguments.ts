/** Wrong arguments: every method, every argument, exact code, class and message; the index is as it was. */

import { describe, expect, test } from 'vitest';
import { IDSelector, IDSelectorBatch, type Ids, serializeIndexSync } from '../../lib/index.js';
import { hostile } from '../hostile.js';
import { exactVectors, fill, type Subject } from '../subject.js';
import { expectSame } from './change.js';
import { D, filter, id, idOrIds, ids, k, options, type Rule, radius, signal, syncFilter, vectors } from './rules.js';

/** One argument of one method: what to call with each value, and what must come of it. */
interface Case {
  rule: Rule;
  sync?: (value: never) => unknown;
  async?: (value: never) => Promise<unknown>;
}

/** Every argument of every method of an index; `index` is closed over. */
function cases(subject: Subject, index: ReturnType<typeof fill>['index']): Record<string, Case> {
  const x = new Float32Array(4);
  const add = subject.mapped
    ? {
        'addWithIds vectors': {
          rule: vectors('vectors'),
          sync: (v: never) => index.addWithIdsSync(v, []),
          async: (v: never) => index.addWithIds(v, []),
        },
      }
    : {
        'add vectors': {
          rule: vectors('vectors'),
          sync: (v: never) => index.addSync(v),
          async: (v: never) => index.add(v),
        },
        'add options': { rule: options, async: (v: never) => index.add(x, v) },
        'add signal': { rule: signal, async: (v: never) => index.add(x, { signal: v }) },
      };
  return {
    ...add,
    'addWithIds ids': { rule: ids(2), sync: (v) => index.addWithIdsSync(x, v), async: (v) => index.add_with_ids(x, v) },
    'addWithIds options': { rule: options, async: (v) => index.addWithIds(x, [1, 2], v) },
    'train vectors': { rule: vectors('vectors'), sync: (v) => index.trainSync(v), async: (v) => index.train(v) },
    'train options': { rule: options, async: (v) => index.train(x, v) },
    'train signal': { rule: signal, async: (v) => index.train(x, { signal: v }) },
    'search queries': {
      rule: vectors('queries'),
      sync: (v) => index.searchSync(v, 1),
      async: (v) => index.search(v, 1),
    },
    'search k': { rule: k, sync: (v) => index.searchSync(x, v), async: (v) => index.search(x, v) },
    'search options': { rule: options, sync: (v) => index.searchSync(x, 1, v), async: (v) => index.search(x, 1, v) },
    'search signal': {
      rule: signal,
      sync: (v) => index.searchSync(x, 1, { signal: v }),
      async: (v) => index.search(x, 1, { signal: v }),
    },
    'search filter': { rule: filter, async: (v) => index.search(x, 1, { filter: v }) },
    'searchSync filter': { rule: syncFilter, sync: (v) => index.searchSync(x, 1, { filter: v }) },
    'rangeSearch queries': {
      rule: vectors('queries'),
      sync: (v) => index.rangeSearchSync(v, 1),
      async: (v) => index.rangeSearch(v, 1),
    },
    'rangeSearch radius': {
      rule: radius,
      sync: (v) => index.rangeSearchSync(x, v),
      async: (v) => index.rangeSearch(x, v),
    },
    'rangeSearch options': {
      rule: options,
      sync: (v) => index.rangeSearchSync(x, 1, v),
      async: (v) => index.rangeSearch(x, 1, v),
    },
    'rangeSearch filter': { rule: filter, async: (v) => index.rangeSearch(x, 1, { filter: v }) },
    'rangeSearchSync filter': { rule: syncFilter, sync: (v) => index.rangeSearchSync(x, 1, { filter: v }) },
    'removeIds ids': { rule: ids(), sync: (v) => index.removeIdsSync(v), async: (v) => index.removeIds(v) },
    'removeIds options': { rule: options, async: (v) => index.removeIds([], v) },
    'reconstruct id': { rule: idOrIds, sync: (v) => index.reconstructSync(v), async: (v) => index.reconstruct(v) },
    'reconstruct options': { rule: options, async: (v) => index.reconstruct([], v) },
    'has id': { rule: id, sync: (v) => index.hasSync(v), async: (v) => index.has(v) },
  };
}

export function testArguments(subject: Subject): void {
  describe('arguments', () => {
    const names = Object.keys(cases(subject, subject.make(D)));
    test.each(names)('%s: anything else is refused', async (name) => {
      const { index, mirror, random } = fill(subject, 7, D);
      const { rule, sync, async } = cases(subject, index)[name]!;
      let refused = 0;
      for (const [title, make] of Object.entries(hostile)) {
        const expected = rule(make());
        if (expected === undefined) continue;
        refused++;
        const [kind, code, message] = expected;
        const error = { name: kind, ...(code && { code }), message: expect.stringMatching(message) };
        if (sync) expect(() => sync(make() as never), title).toThrow(expect.objectContaining(error));
        if (async) await expect(async(make() as never), title).rejects.toMatchObject(error);
      }
      expect(refused).toBeGreaterThan(20);
      expectSame(subject, index, mirror, random);
    });

    testComponents(subject);
    testIds(subject);
    testWrongMethod(subject);

    test('a size beyond all memory is refused, and the index lives on', async () => {
      const { index, mirror, random } = fill(subject, 7, D);
      const error = { name: 'RangeError', code: 'ERR_VORONODE_NO_MEMORY' };
      const [queries, k] = [new Float32Array(100_000 * D), 2 ** 31 - 1]; // labels of 1.7 petabytes
      expect(() => index.searchSync(queries, k)).toThrow(expect.objectContaining(error));
      await expect(index.search(queries, k)).rejects.toMatchObject(error);
      expectSame(subject, index, mirror, random);
    });

    test('methods refuse other receivers', async () => {
      const { index } = fill(subject, 7, D);
      for (const receiver of [{}, Object.create(index), new Proxy(index, {})]) {
        for (const method of ['searchSync', 'resetSync', 'close', 'reconstructSync'] as const) {
          const call = () => (index[method] as (...args: unknown[]) => unknown).call(receiver, new Float32Array(2), 1);
          expect(call).toThrow(TypeError);
        }
        for (const method of ['search', 'reset', 'reconstruct'] as const) {
          const call = (index[method] as (...args: unknown[]) => Promise<unknown>).call(
            receiver,
            new Float32Array(2),
            1,
          );
          await expect(call).rejects.toThrow(TypeError);
        }
      }
      expect(index.ntotal).toBe(7);
    });
  });
}

function testComponents(subject: Subject): void {
  test.each([NaN, Infinity, -Infinity])('%d is refused with row and component', async (bad) => {
    const { index, mirror, random } = fill(subject, 40, D);
    const at = (row: number, component: number, name: string) => ({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining(
        `"${name}" must be finite. Received ${bad} at row ${row}, component ${component}`,
      ),
    });
    for (const [row, component] of [
      [0, 0],
      [3, 1],
      [99, 1],
    ] as const) {
      const x = exactVectors(subject, random, 100, D);
      x[row * D + component] = bad;
      const calls: Record<string, [string, () => unknown]> = {
        train: ['vectors', () => index.trainSync(x)],
        search: ['queries', () => index.searchSync(x, 1)],
        rangeSearch: ['queries', () => index.rangeSearchSync(x, 1)],
        add: ['vectors', () => (subject.mapped ? index.addWithIdsSync(x, random.ids(100)) : index.addSync(x))],
      };
      const promises: Record<string, [string, () => Promise<unknown>]> = {
        train: ['vectors', () => index.train(x)],
        search: ['queries', () => index.search(x, 1)],
        rangeSearch: ['queries', () => index.rangeSearch(x, 1)],
        add: ['vectors', () => (subject.mapped ? index.addWithIds(x, random.ids(100)) : index.add(x))],
      };
      for (const [method, [name, call]] of Object.entries(calls)) {
        expect(call, method).toThrow(expect.objectContaining(at(row, component, name)));
      }
      for (const [method, [name, call]] of Object.entries(promises)) {
        await expect(call(), method).rejects.toMatchObject(at(row, component, name));
      }
    }
    expectSame(subject, index, mirror, random);
  });
}

function testIds(subject: Subject): void {
  const wrong: [Ids, RegExp][] = [
    [[1, -1], /^The value of "ids\[1\]" is out of range\. It must be an id other than -1, which marks padding/],
    [BigInt64Array.of(-1n, 3n), /^The value of "ids\[0\]" is out of range\. It must be an id other than -1/],
    [[1n, 2n ** 63n], /^The value of "ids\[1\]" is out of range\. It must be >= -\(2n \*\* 63n\) and < 2n \*\* 63n/],
    [[2 ** 53, 1], /^The value of "ids\[0\]" is out of range\. It must be a safe integer; pass larger ids as a bigint/],
    [[0.5, 1], /^The value of "ids\[0\]" is out of range\. It must be an integer\. Received 0\.5$/],
    [[1, 2, 3], /^The value of "ids\.length" is out of range\. It must be 2, one id per vector\. Received 3$/],
  ];
  test.each(wrong)('ids %o are refused', async (ids, message) => {
    const { index, mirror, random } = fill(subject, 7, D);
    const error = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE', message: expect.stringMatching(message) };
    expect(() => index.addWithIdsSync(new Float32Array(4), ids)).toThrow(expect.objectContaining(error));
    await expect(index.addWithIds(new Float32Array(4), ids)).rejects.toMatchObject(error);
    expectSame(subject, index, mirror, random);
  });
}

function testWrongMethod(subject: Subject): void {
  test('the way of adding that is not its own is refused by name, if there is one', async () => {
    const { index, mirror, random } = fill(subject, 7, D);
    const error = { name: 'Error', code: 'ERR_VORONODE_UNSUPPORTED' };
    const x = new Float32Array(4);
    if (subject.numbers) {
      index.addSync(x);
      await index.add(x);
      const largest = mirror.ids.reduce((a, b) => (a > b ? a : b));
      mirror.add(x, BigInt64Array.of(largest + 1n, largest + 2n));
      mirror.add(x, BigInt64Array.of(largest + 3n, largest + 4n));
    } else if (subject.mapped) {
      const remedy = { ...error, message: expect.stringContaining('use addWithIds(vectors, ids)') };
      expect(() => index.addSync(x)).toThrow(expect.objectContaining(remedy));
      await expect(index.add(x)).rejects.toMatchObject(remedy);
    } else {
      const remedy = { ...error, message: expect.stringContaining('new IndexIDMap(index)') };
      expect(() => index.addWithIdsSync(x, [1, 2])).toThrow(expect.objectContaining(remedy));
      await expect(index.addWithIds(x, [1, 2])).rejects.toMatchObject(remedy);
    }
    expectSame(subject, index, mirror, random);
  });

  test('an IDSelector goes where one is asked for, and nowhere else', () => {
    const { index, mirror } = fill(subject, 7, D);
    const selector = new IDSelectorBatch([mirror.ids[3]!]);
    expect(selector).toBeInstanceOf(IDSelector);
    expect(() => index.searchSync(new Float32Array(2), 1, selector as never)).not.toThrow();
    expect(() => index.addWithIdsSync(new Float32Array(2), selector as never)).toThrow(TypeError);
    expect(index.removeIdsSync(selector)).toBe(1);
    expect(serializeIndexSync(index).length).toBeGreaterThan(0);
  });
}
