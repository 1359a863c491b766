/** What is published of calls (diagnostics.ts). */

import type { Index } from './index_base.js';
import type { IndexKeyMap } from './keys/key_map.js';
import type { Metric } from './metric.js';

/**
 * What the TracingChannels of this package publish: one object for each call, the same in all its events (`start`, `end`,
 * `asyncStart`, `asyncEnd`, `error`). The answers are not in it.
 */
export interface Trace {
  /** What does the work: `'search'`, `'searchSync'`, `'rangeSearch'`, `'addWithIds'`, `'writeIndex'`, … */
  method: string;
  /** From `error` on: what the call fails with. Of an aborted call an error with the code `ABORT_ERR`. */
  error?: unknown;
  /** From `asyncStart` on, if the call has run: how many calls shared the run, this one included. 1: it ran alone. */
  merged?: number;
  /** Likewise: milliseconds from the call until it began to run, waiting for its turn at the index and for a thread. */
  queuedMs?: number;
  /**
   * Likewise: milliseconds that the run took, of all calls that shared it, with those of shorter calls that were done in
   * between.
   */
  runMs?: number;
}

/** The same of a call on an index. */
export interface IndexTrace extends Trace {
  /** The object that was called, to tell indexes of one kind from each other: keep names of yours in a `WeakMap`. */
  index: Index | IndexKeyMap;
  /** The kind: `'IndexFlat'` (also of its subclasses), `'IndexIVFFlat'`, `'IndexIDMap'`, … */
  kind: string;
  /** Components per vector. */
  d: number;
  /** How nearness is measured. */
  metric: Metric;
  /** How many vectors were stored when the call came. */
  ntotal: number;
}

/** On `voronode:search`: `search` and `rangeSearch`, their twins, and what is made of them, as `searchOne` and `tune`. */
export interface SearchTrace extends IndexTrace {
  /** How many queries. */
  nq: number;
  /** How many neighbours of each are wanted; undefined of a range search. */
  k?: number;
  /** The radius of a range search; undefined of others. */
  radius?: number;
}

/**
 * On `voronode:add`: `add`, `addWithIds` and `upsert` (also for `updateVectors`), on an `IndexKeyMap` `addWithKeys`, too;
 * and `mergeFrom`, which adds the vectors of another index.
 */
export interface AddTrace extends IndexTrace {
  /** How many vectors are added. */
  n: number;
  /** From `asyncStart` on, of a `…Sync` call from `end` on: of `upsert`, how many of the ids or keys were there. */
  replaced?: number;
}

/** On `voronode:remove`: `removeIds` (also for `removeKeys` of an `IndexKeyMap`) and `reset`. */
export interface RemoveTrace extends IndexTrace {
  /** How many ids or keys were given; undefined of a selector that is no list of them, and of `reset`. */
  n?: number;
  /** From `asyncStart` on, of a `…Sync` call from `end` on: how many vectors went; undefined of `reset`. */
  removed?: number;
}

/** On `voronode:train`: `train`. */
export interface TrainTrace extends IndexTrace {
  /** How many vectors it learns from. */
  n: number;
}

/** On `voronode:save`: `writeIndex` and `serializeIndex`. */
export interface SaveTrace extends IndexTrace {
  /** Of `writeIndex`: the file. Bytes of its name that are not UTF-8 are replaced. */
  path?: string;
  /** Of `serializeIndex`, as `removed` of {@link RemoveTrace}: how many bytes it gave. */
  bytes?: number;
}

/** On `voronode:load`: `readIndex` and `deserializeIndex`. The rest is known when the index is there. */
export interface LoadTrace extends Trace {
  /** Of `readIndex`: the file, as of {@link SaveTrace}. */
  path?: string;
  /** Of `deserializeIndex`: how many bytes it was given. */
  bytes?: number;
  /** From `asyncStart` on, of a `…Sync` call from `end` on, as of {@link IndexTrace}. */
  kind?: string;
  /** Likewise. */
  d?: number;
  /** Likewise. */
  metric?: Metric;
  /** Likewise. */
  ntotal?: number;
}
