/** The ES module face of the one implementation of `voronode/faiss-node`. */

export {
  default,
  Index,
  IndexFlatIP,
  IndexFlatL2,
  MetricType,
  type SearchResult,
} from './faiss_node.js';
