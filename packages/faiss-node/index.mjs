export { default, Index, IndexFlatIP, IndexFlatL2, MetricType } from 'voronode/faiss-node';
