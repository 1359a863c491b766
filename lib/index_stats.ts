/** What an index has allocated. */

import { type NativeIndex, native } from './native.js';

/** Bytes that an index has allocated, filled or not; those of an index in a wrapper are among the wrapper's. */
export interface IndexBytes {
  /** Vectors, as float32 or in codes. */
  rows: number;
  /** Sketches of them, which make exact search fast. */
  sketches: number;
  /** The ids of an `IndexIDMap` and of inverted lists; the keys of an `IndexKeyMap`. */
  ids: number;
  /** The lists of an inverted file, without what is in them. */
  lists: number;
  /** The centroids of an inverted file, with all that belongs to them. */
  centroids: number;
  /** The matrices of transforms. */
  transforms: number;
  /** Tables from ids and keys to vectors, which `reconstruct`, `has`, removals, upserts and filters of few ids make. */
  tables: number;
  /** What lies in a file that is mapped, in the place of memory; not in `total`. */
  mapped: number;
  /** All of that together, but for what is mapped. The garbage collector is told this without the tables. */
  total: number;
}

/** What `index.stats()` gives. */
export interface IndexStats {
  /** How many vectors are stored. */
  ntotal: number;
  /** How many removed ones still lie between them: a search goes over them, too. Their memory comes back later. */
  removed: number;
  /** What they take. */
  bytes: IndexBytes;
}

export function statsOf(handle: NativeIndex): IndexStats {
  const bytes = native.memoryUse(handle);
  const total = Object.values(bytes).reduce((sum, part) => sum + part, -bytes.mapped);
  return { ntotal: native.ntotal(handle), removed: native.removed(handle), bytes: { ...bytes, total } };
}
