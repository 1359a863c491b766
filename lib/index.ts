export type { AbortOptions } from './abort.js';
export type { ErrorCode } from './errors.js';
export { indexFactory } from './factory.js';
export { IndexFlat, IndexFlatIP, IndexFlatL2, type IndexFlatOptions } from './flat.js';
export { IndexIDMap, IndexIDMap2 } from './id_map.js';
export type { Ids } from './ids.js';
export { Index, type SearchOptions, type TrainOptions } from './index_base.js';
export {
  deserializeIndex,
  deserializeIndexSync,
  readIndex,
  readIndexSync,
  serializeIndex,
  serializeIndexSync,
  writeIndex,
  writeIndexSync,
} from './io.js';
export { matrix } from './matrix.js';
export { normalizeL2 } from './normalize.js';
export { IndexPreTransform } from './pre_transform.js';
export { RangeSearchResult, type ResultRow, SearchResult } from './result.js';
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
export { getThreads, setThreads, simdTarget, simdTargets } from './threads.js';
export type { Metric } from './validate.js';
