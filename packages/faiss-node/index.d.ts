export * from 'voronode/faiss-node';
export { default } from 'voronode/faiss-node';
