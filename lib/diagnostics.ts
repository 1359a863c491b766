/**
 * Tells who listens of the calls that work on indexes: the TracingChannels `voronode:search`, `:add`, `:remove`, `:train`,
 * `:save` and `:load` of `node:diagnostics_channel`. traces.ts has what is published.
 *
 * This stands between lib/ and the addon, so that a call is traced whatever it comes through. Where nobody listens it passes
 * the arguments on and makes nothing. Calls that are refused before there is work (arguments of a wrong type, a closed
 * index, a signal that has fired) are not published.
 */

import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { Index } from './index_base.js';
import type { IndexKeyMap } from './keys/key_map.js';
import { countOf } from './keys/unpack.js';
import { type Metric, metricOfNumber } from './metric.js';
import type { Native, NativeIndex, NativeSelector, NativeToken } from './native.js';
import type { AddTrace, IndexTrace, LoadTrace, RemoveTrace, SaveTrace, SearchTrace, TrainTrace } from './traces.js';

type Channel = TracingChannel<unknown, object>;

/** How calls of one function are told. */
interface Telling<A extends unknown[], R> {
  channel: Channel;
  /** What callers call it, if it is something else. */
  method?: string;
  /** What is known when the call comes; undefined if it will be refused. */
  begin(...args: A): object | undefined;
  /** What its result adds. */
  end?(result: R): object;
}

/** The addon's functions that are traced, each with its `…Sync` twin. */
type Names =
  | 'search'
  | 'rangeSearch'
  | 'add'
  | 'addWithIds'
  | 'upsert'
  | 'addWithKeys'
  | 'upsertKeys'
  | 'mergeFrom'
  | 'removeIds'
  | 'reset'
  | 'train'
  | 'writeIndex'
  | 'serializeIndex'
  | 'readIndex'
  | 'mapIndex'
  | 'deserializeIndex';

type Tellings = { [N in Names]: Telling<Parameters<Native[N]>, Awaited<ReturnType<Native[N]>>> };

/** The objects that have the handles. */
const owners = new WeakMap<NativeIndex, Index | IndexKeyMap>();

/** From now on calls with the handle are told as those on the object. */
export function ownHandle(handle: NativeIndex, index: Index | IndexKeyMap): void {
  owners.set(handle, index);
}

/** The same functions, traced. */
export function traced(native: Native): Native {
  const calls: Record<string, unknown> = { ...native };
  for (const [name, telling] of Object.entries(tellingsOf(native))) {
    const [method, twin] = [(telling as Telling<unknown[], unknown>).method ?? name, `${name}Sync`];
    calls[name] = tracedPromise(native, method, calls[name] as Call, telling as Telling<unknown[], unknown>);
    calls[twin] = tracedInPlace(`${method}Sync`, calls[twin] as Call, telling as Telling<unknown[], unknown>);
  }
  return calls as unknown as Native;
}

function tellingsOf(native: Native): Tellings {
  // Held by what is made here: a channel that nobody holds is collected.
  const [search, add, remove, train, save, load] = ['search', 'add', 'remove', 'train', 'save', 'load'].map((name) =>
    tracingChannel(`voronode:${name}`),
  ) as [Channel, Channel, Channel, Channel, Channel, Channel];
  const { onIndex, factsOf } = looking(native);
  const file = (path: string | Uint8Array) => ({
    path: typeof path === 'string' ? path : Buffer.from(path).toString(),
  });
  const adding = (index: NativeIndex, vectors: Float32Array) =>
    onIndex<AddTrace>(index, (d) => ({ n: vectors.length / d }));
  return {
    search: {
      channel: search,
      begin: (index, queries, k) => onIndex<SearchTrace>(index, (d) => ({ nq: queries.length / d, k })),
    },
    rangeSearch: {
      channel: search,
      begin: (index, queries, radius) => onIndex<SearchTrace>(index, (d) => ({ nq: queries.length / d, radius })),
    },
    add: { channel: add, begin: adding },
    addWithIds: { channel: add, begin: adding },
    addWithKeys: { channel: add, begin: adding },
    upsert: { channel: add, begin: adding, end: (replaced) => ({ replaced }) },
    upsertKeys: { channel: add, method: 'upsert', begin: adding, end: (replaced) => ({ replaced }) },
    mergeFrom: {
      channel: add,
      begin: (index, other) => onIndex<AddTrace>(index, () => ({ n: native.ntotal(other) })),
    },
    removeIds: {
      channel: remove,
      begin: (index, of) => onIndex<RemoveTrace>(index, () => listed(of)),
      end: (removed) => ({ removed }),
    },
    reset: { channel: remove, begin: (index) => onIndex<RemoveTrace>(index, () => ({})) },
    train: {
      channel: train,
      begin: (index, vectors) => onIndex<TrainTrace>(index, (d) => ({ n: vectors.length / d })),
    },
    writeIndex: { channel: save, begin: (index, path) => onIndex<SaveTrace>(index, () => file(path)) },
    serializeIndex: {
      channel: save,
      begin: (index) => onIndex<SaveTrace>(index, () => ({})),
      end: ({ length }) => ({ bytes: length }),
    },
    readIndex: { channel: load, begin: file, end: factsOf },
    mapIndex: { channel: load, method: 'readIndex', begin: file, end: factsOf },
    deserializeIndex: { channel: load, begin: ({ length }): Partial<LoadTrace> => ({ bytes: length }), end: factsOf },
  };
}

/** How many are in a list of ids or keys. */
function listed(of: NativeSelector): { n?: number } {
  if (of.type === 'batch') return { n: of.ids.length };
  return of.type === 'keys' ? { n: countOf(of.keys) } : {};
}

type Own<T extends IndexTrace> = Omit<T, keyof IndexTrace>;

/** What can be said of indexes. */
function looking(native: Native) {
  const factsOf = (handle: NativeIndex) => ({
    kind: native.kind(handle),
    d: native.d(handle),
    metric: metricOfNumber(native.metric(handle)) as Metric,
    ntotal: native.ntotal(handle),
  });
  const onIndex = <T extends IndexTrace>(handle: NativeIndex, own: (d: number) => Own<T>) => {
    try {
      const facts = factsOf(handle);
      return { index: owners.get(handle), ...facts, ...own(facts.d) };
    } catch {
      return undefined; // it is closed
    }
  };
  return { factsOf, onIndex };
}

type Call = (...args: unknown[]) => unknown;

/** Of a function that takes a token last. */
function tracedPromise(native: Native, method: string, call: Call, telling: Telling<unknown[], unknown>): Call {
  const { channel } = telling;
  const tell = async (...args: unknown[]) => {
    const known = telling.begin(...args);
    if (known === undefined) return await call(...args);
    const trace = { method, ...known };
    const token = (args.pop() as NativeToken | undefined) ?? native.token();
    native.timeOperation(token);
    let result: unknown;
    const work = async () => {
      try {
        result = await call(...args, token);
        Object.assign(trace, telling.end?.(result));
      } finally {
        Object.assign(trace, native.runTimes(token));
      }
    };
    await channel.tracePromise(work, trace);
    return result;
  };
  return (...args) => (channel.hasSubscribers ? tell(...args) : call(...args));
}

function tracedInPlace(method: string, call: Call, telling: Telling<unknown[], unknown>): Call {
  const { channel } = telling;
  const tell = (...args: unknown[]) => {
    const known = telling.begin(...args);
    if (known === undefined) return call(...args);
    const trace = { method, ...known };
    let result: unknown;
    const work = () => {
      result = call(...args);
      Object.assign(trace, telling.end?.(result));
    };
    channel.traceSync(work, trace);
    return result;
  };
  return (...args) => (channel.hasSubscribers ? tell(...args) : call(...args));
}
