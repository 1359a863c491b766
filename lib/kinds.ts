/** From the addon's kinds to classes, which register themselves. */

import type { Index } from './index_base.js';
import type { IndexKeyMap } from './keys/key_map.js';
import { Made } from './made.js';
import { type NativeIndex, native } from './native.js';

type IndexClass = new (made: Made) => Index | IndexKeyMap;

const kinds = new Map<string, (handle: NativeIndex) => IndexClass>();

/**
 * Says which class objects for indexes of a kind have.
 * @param kind the name in C++
 */
export function registerKind(kind: string, classOf: (handle: NativeIndex) => unknown): void {
  kinds.set(kind, classOf as (handle: NativeIndex) => IndexClass);
}

/** The object for an index that the addon made, with objects for the indexes it wraps. */
export function adopt<T extends Index | IndexKeyMap = Index>(handle: NativeIndex): T {
  const kind = native.kind(handle);
  const classOf = kinds.get(kind);
  if (classOf === undefined) throw new Error(`The addon made an index of unknown kind ${kind}`);
  const inner = native.inner(handle);
  // Nothing wraps a map of keys.
  return new (classOf(handle))(new Made(handle, { inner: inner && adopt(inner), alone: true })) as T;
}
