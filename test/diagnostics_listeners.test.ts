/** Who listens to the TracingChannels: which object is told of, in which context, and that nobody else notices. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { afterEach, describe, expect, test } from 'vitest';
import { deserializeIndexSync, IndexFlatL2, IndexIDMap, type SearchTrace, serializeIndexSync } from '../lib/index.js';
import { atEnd, listen, names, PROMISE, stopListening } from './listen.js';
import { Random } from './random.js';

afterEach(stopListening);

const [N, D] = [500, 8];
const vectors = new Random(1).floats(N * D);
const query = vectors.slice(0, D);

function filled(): IndexFlatL2 {
  const index = new IndexFlatL2(D);
  index.addSync(vectors);
  return index;
}

test('what is refused before there is work is not told', async () => {
  const index = filled();
  const events = listen('search');
  await expect(index.search([] as never, 1)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  await expect(index.search(query, 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  index.close();
  await expect(index.search(query, 1)).rejects.toMatchObject({ code: 'ERR_VORONODE_CLOSED' });
  expect(() => index.searchSync(query, 1)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_CLOSED' }));
  expect(events).toEqual([]);
});

test('the object that was called is named, of subclasses and wrappers too', async () => {
  class Mine extends IndexFlatL2 {}
  const mine = new Mine(D);
  const map = new IndexIDMap(mine);
  map.addWithIdsSync(vectors, [...Array(N).keys()]);
  const again = deserializeIndexSync<IndexIDMap>(serializeIndexSync(map));
  const events = listen('search');
  mine.searchSync(query, 1);
  map.searchSync(query, 1);
  again.searchSync(query, 1);
  again.index.searchSync(query, 1);
  const traces = events.filter(({ event }) => event === 'end').map(({ trace }) => trace as SearchTrace);
  expect(traces.map(({ index }) => index)).toEqual([mine, map, again, again.index]);
  expect(traces[0]!.index).toBe(mine);
  expect(traces[2]!.index).toBe(again);
  expect(traces.map(({ kind }) => kind)).toEqual(['IndexFlat', 'IndexIDMap', 'IndexIDMap', 'IndexFlat']);
});

describe('an AsyncLocalStorage that is bound to the start', () => {
  test('is there in all events of the call, and in no other call', async () => {
    const index = filled();
    const storage = new AsyncLocalStorage<{ nq: number }>();
    const channel = tracingChannel<{ nq: number }, SearchTrace>('voronode:search');
    const seen: [event: string, own: boolean][] = [];
    const see = (event: string) => (trace: object) => {
      seen.push([event, storage.getStore()?.nq === (trace as SearchTrace).nq]);
    };
    const hearers = { start: see('start'), asyncStart: see('asyncStart'), asyncEnd: see('asyncEnd') } as never;
    channel.start.bindStore(storage, ({ nq }) => ({ nq }));
    channel.subscribe(hearers);
    atEnd(() => channel.unsubscribe(hearers));
    atEnd(() => channel.start.unbindStore(storage));
    await storage.run({ nq: 100 }, async () => {
      await Promise.all([1, 2, 3].map((nq) => index.search(vectors.slice(0, nq * D), 1)));
      index.searchSync(query, 1);
      expect(storage.getStore()).toEqual({ nq: 100 });
    });
    expect(seen).toHaveLength(10);
    expect(seen.every(([, own]) => own)).toBe(true);
  });
});

describe('who listens cannot harm', () => {
  test('what a listener throws is nothing to the caller', async () => {
    const index = filled();
    const errors: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => errors.push(error));
    try {
      const channel = tracingChannel('voronode:search');
      const fail = () => {
        throw new Error('mine');
      };
      const hearers = { start: fail, end: fail, asyncStart: fail, asyncEnd: fail, error: fail };
      channel.subscribe(hearers);
      atEnd(() => channel.unsubscribe(hearers));
      expect((await index.search(query, 1)).labels[0]).toBe(0n);
      expect(index.searchSync(query, 1).labels[0]).toBe(0n);
      await new Promise(setImmediate);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    }
    expect(errors).toHaveLength(6);
    for (const error of errors) expect(error).toMatchObject({ message: 'mine' });
  });

  test('a listener may search, close, and change arguments: the call is under way', async () => {
    const index = filled();
    const expected = index.searchSync(query, 1).labels;
    const own = query.slice();
    const inner: Promise<unknown>[] = [];
    const channel = tracingChannel('voronode:search');
    const hearers = {
      start: (trace: object) => {
        if ((trace as SearchTrace).k === 1) inner.push(index.search(own, 2));
      },
      end: () => index.close(),
      asyncStart() {},
      asyncEnd() {},
      error() {},
    };
    channel.subscribe(hearers);
    atEnd(() => channel.unsubscribe(hearers));
    const searching = index.search(own, 1); // the inner search closes it before
    await expect(searching).rejects.toMatchObject({ code: 'ERR_VORONODE_CLOSED' });
    expect(await Promise.all(inner)).toMatchObject([{ k: 2, nq: 1 }]);
    expect(expected).toEqual(BigInt64Array.of(0n));
  });

  test('who comes in the middle hears of the next call', async () => {
    const index = filled();
    const first = index.search(query, 1);
    const events = listen('search');
    await first;
    expect(events).toEqual([]);
    await index.search(query, 1);
    expect(names(events)).toEqual(PROMISE);
  });
});
