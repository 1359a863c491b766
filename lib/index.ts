/**
 * All that `import … from 'voronode'` and `require('voronode')` give.
 * @module voronode
 */

export type { AbortOptions, TransferOptions, WorkOptions } from './abort.js';
export { measureExactRate } from './choosing/exact_rate.js';
export { type Suggestion, type SuggestOptions, suggestIndex } from './choosing/suggest.js';
export { type TuneOptions, type TunePoint, type TuneResult, tune } from './choosing/tune.js';
export type { ClusteringOptions, ClusteringProgress, ProgressOptions, TrainOptions } from './clustering.js';
export type { DescribedIndex } from './description.js';
export type { ErrorCode } from './errors.js';
export { indexFactory } from './factory.js';
export type { FilterFunction } from './filter.js';
export { IndexFlat, IndexFlatIP, IndexFlatL2, type IndexFlatOptions } from './flat.js';
export { IndexIDMap, IndexIDMap2 } from './id_map.js';
export type { Ids } from './ids.js';
// Named, and whole as the default.
export * as default from './index.js';
export { Index, type SearchOptionsOf } from './index_base.js';
export type { IndexBytes, IndexStats } from './index_stats.js';
export {
  deserializeIndex,
  deserializeIndexSync,
  type MapOptions,
  readIndex,
  readIndexSync,
  type SaveOptions,
  serializeIndex,
  serializeIndexSync,
  writeIndex,
  writeIndexSync,
} from './io.js';
export { isVoronodeError, type VoronodeError } from './is_error.js';
export {
  IndexIVF,
  IndexIVFFlat,
  type IndexIVFFlatOptions,
  type IndexIVFOptions,
  IndexIVFScalarQuantizer,
  type IndexIVFScalarQuantizerOptions,
  type IVFSearchOptions,
} from './ivf.js';
export { IndexKeyMap } from './keys/key_map.js';
export type { Keys } from './keys/pack.js';
export { type KeyNeighbour, KeyRangeSearchResult, type KeyResultRow, KeySearchResult } from './keys/result.js';
export type { KeyFilterFunction, KeySearchOptions, SyncKeySearchOptions } from './keys/search_options.js';
export { KeySelector } from './keys/selector.js';
export { type KMeansOptions, type KMeansResult, kmeans, kmeansSync } from './kmeans.js';
export { matrix } from './matrix.js';
export type { Metric } from './metric.js';
export { normalizeL2 } from './normalize.js';
export { IndexPreTransform } from './pre_transform.js';
export { IndexRefine, IndexRefineFlat, type IndexRefineOptions, type RefineSearchOptions } from './refine.js';
export { type Neighbour, type NeighbourInJSON, RangeSearchResult, type ResultRow, SearchResult } from './result.js';
export type { ScalarCode } from './scalar_code.js';
export { IndexScalarQuantizer, type IndexScalarQuantizerOptions } from './scalar_quantizer.js';
export type { AnySearchOptions, SearchOptions, SyncSearchOptions } from './search_options.js';
export {
  IDSelector,
  IDSelectorAnd,
  IDSelectorBatch,
  IDSelectorBitmap,
  IDSelectorNot,
  IDSelectorOr,
  IDSelectorRange,
  IDSelectorXOr,
} from './selector.js';
export type { SharedToken, ShareOptions } from './shared.js';
export { getThreads, type Stats, setThreads, simdTarget, simdTargets, stats } from './threads.js';
export type {
  AddTrace,
  IndexTrace,
  LoadTrace,
  RemoveTrace,
  SaveTrace,
  SearchTrace,
  Trace,
  TrainTrace,
} from './traces.js';
