/** From the addon's kinds to classes: a line per kind. */

import { IndexFlatIP, IndexFlatL2 } from './flat.js';
import { IndexIDMap, IndexIDMap2 } from './id_map.js';
import { construct, Index } from './index_base.js';
import { IndexIVFFlat, IndexIVFScalarQuantizer } from './ivf.js';
import { type NativeIndex, native } from './native.js';
import { IndexPreTransform } from './pre_transform.js';
import { IndexRefineFlat } from './refine_flat.js';

type IndexClass = { prototype: Index };

const kinds: Record<string, (handle: NativeIndex) => IndexClass> = {
  IndexFlat: (handle) => (native.metric(handle) === 1 ? IndexFlatL2 : IndexFlatIP),
  IndexIDMap: () => IndexIDMap,
  IndexIDMap2: () => IndexIDMap2,
  IndexIVFFlat: () => IndexIVFFlat,
  IndexIVFScalarQuantizer: () => IndexIVFScalarQuantizer,
  IndexPreTransform: () => IndexPreTransform,
  IndexRefineFlat: () => IndexRefineFlat,
};

/**
 * The object for an index that the addon made, with objects for the indexes it wraps. The base constructor runs under
 * the class of the kind: the public constructors, which make new indexes, do not.
 */
export function adopt(handle: NativeIndex): Index {
  const kind = native.kind(handle);
  const classOf = kinds[kind];
  if (classOf === undefined) throw new Error(`The addon made an index of unknown kind ${kind}`);
  const inner = native.inner(handle);
  const args = [construct, handle, inner === undefined ? undefined : adopt(inner)];
  return Reflect.construct(Index as unknown as new () => Index, args, classOf(handle) as new () => Index);
}
