/** From descriptions to types: `indexFactory(64, 'IDMap,IVF128,Flat')` is an `IndexIDMap<IndexIVFFlat>`. */

import type { IndexFlat, IndexFlatIP, IndexFlatL2 } from './flat.js';
import type { IndexIDMap, IndexIDMap2 } from './id_map.js';
import type { Index } from './index_base.js';
import type { IndexIVFFlat } from './ivf.js';
import type { Metric } from './metric.js';
import type { IndexPreTransform } from './pre_transform.js';
import type { IndexRefine, IndexRefineFlat } from './refine.js';
import type { ScalarCode } from './scalar_code.js';

/** Faiss's descriptions have no names for the uniform codes. */
export type DescribedCode = Exclude<ScalarCode, `${string}_uniform`>;

/** Names of codes, and the classes of their indexes; the file of each kind adds its own. */
export interface DescribedCodes {
  Flat: IndexFlat;
}

/** The same of the lists of inverted files. */
export interface DescribedLists {
  Flat: IndexIVFFlat;
}

/** Flat indexes have classes of their own by metric. */
type DescribedFlat<M extends Metric> = [M] extends ['l2'] ? IndexFlatL2 : [M] extends ['ip'] ? IndexFlatIP : IndexFlat;

/**
 * The class of what `indexFactory` makes of a description; `Index` of one that is known only when the program runs. In the
 * order in which the factory puts wrappers around each other, the outermost first.
 */
export type DescribedIndex<D extends string = string, M extends Metric = 'l2'> = string extends D
  ? Index
  : D extends `IDMap,${infer Rest}`
    ? IndexIDMap<DescribedIndex<Rest, M>>
    : D extends `IDMap2,${infer Rest}`
      ? IndexIDMap2<DescribedIndex<Rest, M>>
      : D extends `${infer Base},RFlat` | `${infer Base},Refine(Flat)`
        ? IndexRefineFlat<DescribedIndex<Base, M>>
        : D extends `${infer Base},Refine(${DescribedCode})`
          ? IndexRefine<DescribedIndex<Base, M>>
          : D extends `${'L2norm' | 'RR' | `${'RR' | 'Pad' | 'PCA' | 'PCAW' | 'PCAR' | 'PCAWR'}${number}`},${infer Rest}`
            ? DescribedIndex<Rest, M> extends IndexPreTransform // several transforms are one index
              ? DescribedIndex<Rest, M>
              : IndexPreTransform<DescribedIndex<Rest, M>>
            : D extends `IVF${string},${infer C}`
              ? C extends keyof DescribedLists
                ? DescribedLists[C]
                : Index
              : D extends 'Flat'
                ? DescribedFlat<M>
                : D extends keyof DescribedCodes
                  ? DescribedCodes[D]
                  : Index;
