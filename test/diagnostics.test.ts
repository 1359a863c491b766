/** What the TracingChannels tell of each call. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import {
  deserializeIndex,
  deserializeIndexSync,
  getThreads,
  IDSelectorRange,
  IndexFlatL2,
  IndexIDMap,
  IndexIVFFlat,
  readIndex,
  readIndexSync,
  serializeIndex,
  serializeIndexSync,
  setThreads,
  writeIndex,
  writeIndexSync,
} from '../lib/index.js';
import { atEnd, listen, names, PROMISE, stopListening } from './listen.js';
import { Random } from './random.js';

afterEach(stopListening);

const [N, D] = [500, 8];
const vectors = new Random(1).floats(N * D);
const query = vectors.slice(0, D);
const MANY = new Random(2).floats(16_000 * D);
const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
afterAll(() => rmSync(folder, { recursive: true }));

const IN_TIME = { queuedMs: expect.any(Number), runMs: expect.any(Number) };

function filled(): IndexFlatL2 {
  const index = new IndexFlatL2(D);
  index.addSync(vectors);
  return index;
}

/** An index that is being trained for a tenth of a second: what is called on it meanwhile waits for its turn. */
function inTraining() {
  const index = new IndexIVFFlat(D, 64);
  const begin = performance.now();
  return { index, begin, training: index.train(MANY, { niter: 200 }) };
}

describe('a call that returns a promise', () => {
  test('tells what it is at once, and how it went at the end, in one object', async () => {
    const index = filled();
    const events = listen('search');
    const found = await index.search(vectors.slice(0, 3 * D), 4);
    expect(names(events)).toEqual(PROMISE);
    expect(new Set(events.map(({ trace }) => trace)).size).toBe(1);
    const known = { method: 'search', index, kind: 'IndexFlat', d: D, metric: 'l2', ntotal: N, nq: 3, k: 4 };
    expect(events[0]!.then).toEqual(known);
    expect(events[2]!.then).toEqual({ ...known, merged: 1, ...IN_TIME });
    expect(events[0]!.trace).not.toHaveProperty('error');
    expect(found.labels).toEqual(index.searchSync(vectors.slice(0, 3 * D), 4).labels);
  });

  test('queued and run are parts of the time that it took', async () => {
    const index = filled();
    const events = listen('train');
    const ivf = new IndexIVFFlat(D, 8);
    const begin = performance.now();
    await ivf.train(vectors, { niter: 50, minPointsPerCentroid: 1 });
    const took = performance.now() - begin;
    const { queuedMs, runMs } = events.at(-1)!.trace;
    expect(queuedMs).toBeGreaterThanOrEqual(0);
    expect(runMs).toBeGreaterThan(0);
    expect(queuedMs! + runMs!).toBeLessThanOrEqual(took);
    expect(index.ntotal).toBe(N);
  });

  test('waiting at the index counts as queued', async () => {
    const [trained, search] = [listen('train'), listen('search')];
    const { index, training, begin } = inTraining();
    const searched = index.search(query, 1);
    const called = performance.now() - begin;
    await Promise.all([training, searched]);
    const { queuedMs, runMs } = trained.at(-1)!.trace;
    const trainedAfter = queuedMs! + runMs! - called; // since the search was called, at least
    expect(trainedAfter).toBeGreaterThan(0);
    expect(search.at(-1)!.trace.queuedMs).toBeGreaterThanOrEqual(trainedAfter);
  });

  test('a failure: the error that the caller gets, and how long it took to find out', async () => {
    const index = filled();
    const events = listen('search');
    const error = await index.search(new Float32Array(D).fill(Number.NaN), 1).catch((caught) => caught);
    expect(names(events)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(events[2]!.trace.error).toBe(error);
    expect(error.code).toBe('ERR_INVALID_ARG_VALUE');
    expect(error.stack).toMatch(/at (async )?IndexFlatL2\.search /);
    expect(events[2]!.then).toMatchObject({ merged: 1, ...IN_TIME });
  });

  test('an abort before it ran: no times', async () => {
    const { index, training } = inTraining();
    const stop = new AbortController();
    const events = listen('search');
    const searching = index.search(query, 1, stop);
    stop.abort('enough');
    await expect(searching).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
    await training;
    expect(names(events)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    const { trace } = events.at(-1)!;
    expect(trace.error).toMatchObject({ code: 'ABORT_ERR' });
    expect([trace.merged, trace.queuedMs, trace.runMs]).toEqual([undefined, undefined, undefined]);
  });

  test('an abort in the middle: the time until it was noticed', async () => {
    const stop = new AbortController();
    const events = listen('train');
    const progress = () => stop.abort();
    const options = { niter: 10_000, signal: stop.signal, progress };
    const training = new IndexIVFFlat(D, 16).train(new Random(2).floats(4000 * D), options);
    await expect(training).rejects.toMatchObject({ name: 'AbortError' });
    expect(events.at(-1)!.trace).toMatchObject({ merged: 1, runMs: expect.any(Number) });
    expect(events.at(-1)!.trace.runMs).toBeGreaterThan(0);
  });

  test.each(['background', 'normal'] as const)('priority %s stays what it is', async (priority) => {
    const index = filled();
    const events = listen('search');
    const { signal } = new AbortController();
    await Promise.all([index.search(query, 1, { priority }), index.search(query, 1, { priority, signal })]);
    expect(names(events).filter((event) => event === 'asyncEnd')).toHaveLength(2);
    for (const { trace } of events) expect(trace.merged).toBeGreaterThanOrEqual(1);
  });
});

test('searches that shared a run say how many', async () => {
  const threads = getThreads();
  atEnd(() => setThreads(threads));
  setThreads(1);
  const { index, training } = inTraining();
  const events = listen('search');
  // They are let in together, and one thread takes them.
  await Promise.all([training, ...Array.from({ length: 12 }, () => index.search(query, 3))]);
  const merged = events.filter(({ event }) => event === 'asyncEnd').map(({ trace }) => trace.merged!);
  expect(merged).toHaveLength(12);
  expect(Math.max(...merged)).toBeGreaterThan(1);
  // Of each number m those that say it come in runs of m.
  for (const m of new Set(merged)) expect(merged.filter((other) => other === m).length % m).toBe(0);
});

test('a twin in place: start and end, without times', () => {
  const index = filled();
  const events = listen('search');
  index.searchSync(query, 2);
  expect(names(events)).toEqual(['start', 'end']);
  expect(events[1]!.then).toEqual({
    ...{ method: 'searchSync', index, kind: 'IndexFlat', d: D, metric: 'l2', ntotal: N, nq: 1, k: 2 },
  });
  expect(() => index.searchSync(new Float32Array(D).fill(Number.NaN), 1)).toThrow();
  expect(names(events).slice(2)).toEqual(['start', 'error', 'end']);
  expect(events[3]!.trace.error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
});

describe('every channel', () => {
  /** The end of each call, without what all of them tell. */
  async function told(channel: string, work: () => unknown): Promise<Record<string, unknown>[]> {
    const events = listen(channel);
    await work();
    stopListening();
    const ends = events.filter(({ event, trace }) => event === (trace.method.endsWith('Sync') ? 'end' : 'asyncEnd'));
    return ends.map(({ then: { index: _, kind, d, metric, merged, queuedMs, runMs, ...own } }) => own);
  }

  test('voronode:search', async () => {
    const index = filled();
    const own = { ntotal: N, nq: 1 };
    expect(
      await told('search', async () => {
        await index.rangeSearch(query, 0.5);
        index.rangeSearchSync(query, 0.25);
        await index.searchOne(query, 3);
        index.searchOneSync(query, 3);
        index.searchSync(query, 1, { filter: (id) => id < 5n });
      }),
    ).toEqual([
      { method: 'rangeSearch', ...own, radius: 0.5 },
      { method: 'rangeSearchSync', ...own, radius: 0.25 },
      { method: 'search', ...own, k: 3 },
      { method: 'searchSync', ...own, k: 3 },
      { method: 'searchSync', ...own, k: 1 },
    ]);
  });

  test('voronode:add', async () => {
    const index = new IndexIDMap(new IndexFlatL2(D));
    const [flat, other] = [filled(), filled()];
    expect(
      await told('add', async () => {
        await index.addWithIds(query, [7]);
        index.addWithIdsSync(query, [8]);
        await index.add_with_ids(query, [9]);
        await flat.add(vectors);
        flat.addSync(query);
        await flat.mergeFrom(other);
      }),
    ).toEqual([
      { method: 'addWithIds', ntotal: 0, n: 1 },
      { method: 'addWithIdsSync', ntotal: 1, n: 1 },
      { method: 'addWithIds', ntotal: 2, n: 1 },
      { method: 'add', ntotal: N, n: N },
      { method: 'addSync', ntotal: 2 * N, n: 1 },
      { method: 'mergeFrom', ntotal: 2 * N + 1, n: N },
    ]);
  });

  test('voronode:remove', async () => {
    const index = filled();
    expect(
      await told('remove', async () => {
        await index.removeIds([1, 2, 99_999]);
        index.removeIdsSync(new IDSelectorRange(0, 10));
        await index.reset();
        index.resetSync();
      }),
    ).toEqual([
      { method: 'removeIds', ntotal: N, n: 3, removed: 2 },
      { method: 'removeIdsSync', ntotal: N - 2, removed: 10 },
      { method: 'reset', ntotal: N - 12 },
      { method: 'resetSync', ntotal: 0 },
    ]);
  });

  test('voronode:train', async () => {
    const options = { minPointsPerCentroid: 1 };
    expect(
      await told('train', async () => {
        await new IndexIVFFlat(D, 4).train(vectors, options);
        new IndexIVFFlat(D, 4).trainSync(query.slice(0, 0), options);
      }).catch(({ code }) => code),
    ).toBe('ERR_INVALID_ARG_VALUE');
    expect(await told('train', () => new IndexIVFFlat(D, 4).trainSync(vectors, options))).toEqual([
      { method: 'trainSync', ntotal: 0, n: N },
    ]);
  });

  test('voronode:save', async () => {
    const index = filled();
    const path = join(folder, 'saved');
    const bytes = serializeIndexSync(index).length;
    expect(
      await told('save', async () => {
        await writeIndex(index, pathToFileURL(path));
        writeIndexSync(index, Buffer.from(path));
        await serializeIndex(index);
        serializeIndexSync(index);
      }),
    ).toEqual([
      { method: 'writeIndex', ntotal: N, path },
      { method: 'writeIndexSync', ntotal: N, path },
      { method: 'serializeIndex', ntotal: N, bytes },
      { method: 'serializeIndexSync', ntotal: N, bytes },
    ]);
  });

  test('voronode:load, which knows of the index at the end', async () => {
    const path = join(folder, 'loaded');
    writeIndexSync(filled(), path);
    const bytes = serializeIndexSync(filled());
    const events = listen('load');
    await readIndex(path);
    readIndexSync(path);
    await deserializeIndex(bytes);
    deserializeIndexSync(bytes);
    await readIndex(join(folder, 'missing')).catch(() => undefined);
    const facts = { kind: 'IndexFlat', d: D, metric: 'l2', ntotal: N };
    const times = { merged: 1, ...IN_TIME };
    expect(events.filter(({ event }) => event === 'start').map(({ then }) => then)).toEqual([
      { method: 'readIndex', path },
      { method: 'readIndexSync', path },
      { method: 'deserializeIndex', bytes: bytes.length },
      { method: 'deserializeIndexSync', bytes: bytes.length },
      { method: 'readIndex', path: join(folder, 'missing') },
    ]);
    const ends = events.filter(({ event, trace }) => event === (trace.method.endsWith('Sync') ? 'end' : 'asyncEnd'));
    expect(ends.map(({ then }) => then)).toEqual([
      { method: 'readIndex', path, ...facts, ...times },
      { method: 'readIndexSync', path, ...facts },
      { method: 'deserializeIndex', bytes: bytes.length, ...facts, ...times },
      { method: 'deserializeIndexSync', bytes: bytes.length, ...facts },
      { method: 'readIndex', path: join(folder, 'missing'), error: expect.any(Error), ...times },
    ]);
  });
});
