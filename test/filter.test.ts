import { describe, expect, test } from 'vitest';
import {
  type FilterFunction,
  IDSelectorBatch,
  type Index,
  IndexFlatL2,
  IndexIDMap,
  type IndexIVFFlat,
  indexFactory,
  type SearchOptions,
} from '../lib/index.js';

const D = 4;
const N = 5000;
const vectors = Float32Array.from({ length: N * D }, (_, i) => (Math.imul(i, 2654435761) >>> 8) % 64);
const queries = vectors.slice(40 * D, 47 * D);
const far = (i: number) => BigInt(i) * 1_000_000_007n - 3n;

function filled(description: string): Index {
  const index = indexFactory(D, description);
  if (!index.isTrained) index.trainSync(vectors);
  if (index instanceof IndexIDMap)
    index.addWithIdsSync(
      vectors,
      Array.from({ length: N }, (_, i) => far(i % 4000)),
    ); // some twice
  else index.addSync(vectors);
  return index;
}

const kinds = ['Flat', 'IDMap,Flat', 'IVF16,Flat', 'IDMap,IVF16,SQ8,RFlat', 'L2norm,Flat'];

/** Visits that many lists, where there are lists. */
const visiting = (description: string, nprobe: number) => (description.includes('IVF') ? { nprobe } : {});

describe.each(kinds)('a function filters %s', (description) => {
  const index = filled(description);
  const ids = Array.from({ length: N }, (_, i) => (index instanceof IndexIDMap ? far(i % 4000) : BigInt(i)));

  test.each([
    ['all', () => true],
    ['most', (i) => i % 5 !== 0],
    ['half', (i) => i % 2 === 0],
    ['few', (i) => i % 100 === 7],
    ['none', () => false],
  ] as [string, (i: number) => boolean][])('that lets %s pass, as a set of ids does', (_, passes) => {
    const set = new Set(ids.filter((_, i) => passes(i % 4000)));
    const asked = new Set<bigint>();
    const filter: FilterFunction = (id) => {
      if (asked.has(id)) throw new Error(`asked about ${id} again`);
      asked.add(id);
      return set.has(id);
    };
    const selector = new IDSelectorBatch([...set]);
    for (const nprobe of [3, 16]) {
      asked.clear();
      const lists = visiting(description, nprobe);
      const found = index.searchSync(queries, 20, { filter, ...lists });
      expect(found).toEqual(index.searchSync(queries, 20, { filter: selector, ...lists }));
      asked.clear();
      const within = index.rangeSearchSync(queries, 90, { filter, ...lists });
      expect(within).toEqual(index.rangeSearchSync(queries, 90, { filter: selector, ...lists }));
    }
  });

  test('that throws ends the search with what it threw', () => {
    for (const thrown of [new RangeError('mine'), 'a string', undefined, null, 7n]) {
      let calls = 0;
      const filter = () => {
        calls++;
        throw thrown;
      };
      for (const search of [
        () => index.searchSync(queries, 3, { filter }),
        () => index.rangeSearchSync(queries, 1e9, { filter }),
      ]) {
        calls = 0;
        let caught: unknown = 'nothing was thrown';
        try {
          search();
        } catch (error) {
          caught = error;
        }
        expect(caught).toBe(thrown);
        expect(calls).toBe(1);
      }
    }
    expect(index.searchSync(queries, 1, { filter: () => true }).labels).toHaveLength(7);
  });

  test('that answers no boolean is refused', () => {
    for (const [answer, words] of [
      [Promise.resolve(true), 'an instance of Promise; a filter cannot wait: search with a set of ids instead'],
      [1, 'type number (1)'],
      [undefined, 'undefined'],
    ] as const) {
      const filter = (() => answer) as never;
      expect(() => index.searchSync(queries, 3, { filter })).toThrow(
        expect.objectContaining({
          name: 'TypeError',
          code: 'ERR_INVALID_RETURN_VALUE',
          message: `Expected a boolean to be returned from the "options.filter" function but got ${words}.`,
        }),
      );
    }
  });

  test('but not off the thread', async () => {
    const error = {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(/"options\.filter" .*IDSelector\. Received a function; .*IDSelectorBatch/),
    };
    const options = { filter: () => true } as never as SearchOptions;
    await expect(index.search(queries, 3, options)).rejects.toMatchObject(error);
    await expect(index.rangeSearch(queries, 3, options)).rejects.toMatchObject(error);
  });
});

describe('a filter function may', () => {
  const unsupported = expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' });
  /** What `call` does within a filter, the first time it is asked. */
  function within(index: Index, call: () => void, options = {}): BigInt64Array {
    let first = true;
    const filter = () => {
      if (first) {
        first = false;
        call();
      }
      return true;
    };
    return index.searchSync(queries, 5, { ...options, filter }).labels;
  }

  test.each(kinds)('search and reconstruct in %s', (description) => {
    const index = filled(description);
    const lists = visiting(description, 16);
    const expected = index.searchSync(queries, 5, lists).labels;
    let calls = 0;
    const found = within(
      index,
      () => {
        expect(index.searchSync(queries, 5, { ...lists, filter: () => true }).labels).toEqual(expected);
        expect(index.reconstructSync(expected[0] as bigint)).toHaveLength(D);
        calls++;
      },
      lists,
    );
    expect(found).toEqual(expected);
    expect(calls).toBe(1);
  });

  test('change its queries and options', () => {
    const index = filled('Flat');
    const expected = index.searchSync(queries, 5).labels;
    const moved = queries.slice();
    const filter = () => {
      if (moved.length > 0) structuredClone(moved, { transfer: [moved.buffer] });
      return true;
    };
    expect(index.searchSync(moved, 5, { filter }).labels).toEqual(expected);
  });

  test('not change the index, but begin to', async () => {
    const index = filled('IVF16,Flat') as IndexIVFFlat;
    const other = filled('IVF16,Flat') as IndexIVFFlat;
    const expected = index.searchSync(queries, 5, { nprobe: 16 }).labels;
    const pending: Promise<unknown>[] = [];
    const found = within(
      index,
      () => {
        pending.push(expect(index.train(vectors)).rejects.toEqual(unsupported)); // it holds vectors
        pending.push(index.removeIds([0]), index.addWithIds(vectors.subarray(0, D), [999_999]));
        // Behind the training, which waits for this search to have the index to itself.
        expect(index.searchSync(queries, 5, { nprobe: 16 }).labels).toEqual(expected);
        expect(() => index.addSync(vectors)).toThrow(unsupported);
        expect(() => index.removeIdsSync([1])).toThrow(unsupported);
        expect(() => index.resetSync()).toThrow(unsupported);
        expect(() => index.mergeFromSync(other)).toThrow(unsupported);
        expect(() => other.mergeFromSync(index)).toThrow(unsupported);
        pending.push(expect(other.mergeFrom(index)).rejects.toEqual(unsupported));
        other.addWithIdsSync(vectors.subarray(0, D), [10_000]);
      },
      { nprobe: 16 },
    );
    expect(found).toEqual(expected);
    await Promise.all(pending);
    expect(index.ntotal).toBe(N);
    expect(other.ntotal).toBe(N + 1);
  });

  test('not wrap it', () => {
    const index = new IndexFlatL2(D);
    index.addSync(vectors);
    within(index, () => expect(() => new IndexIDMap(index)).toThrow(unsupported));
  });

  test('close it: the search goes on', () => {
    const index = filled('Flat');
    const expected = index.searchSync(queries, 5).labels;
    const found = within(index, () => {
      index.close();
      expect(() => index.searchSync(queries, 1)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_CLOSED' }));
    });
    expect(found).toEqual(expected);
  });
});

test('a filter function in a worker that is terminated, or leaves, does no harm', async () => {
  const { Worker } = await import('node:worker_threads');
  const source = (body: string) => `
    const { parentPort } = require('node:worker_threads');
    const { IndexFlatL2 } = require(${JSON.stringify(require.resolve('../dist/index.js'))});
    const index = new IndexFlatL2(1);
    index.addSync(new Float32Array(1000));
    index.searchSync(Float32Array.of(1), 3, { filter: () => { parentPort.postMessage('in'); ${body} } });`;
  for (const [body, code] of [
    ['for (;;) {}', 1],
    ['process.exit(3)', 3],
  ] as const) {
    const worker = new Worker(source(body), { eval: true });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    await new Promise((resolve) => worker.once('message', resolve));
    if (code === 1) await worker.terminate();
    expect(await ended).toBe(code);
  }
});
