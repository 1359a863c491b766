// What compiles: LangChain's declarations take the index of faiss-node, which is @voronode/faiss-node here.
import { FaissStore } from '@langchain/community/vectorstores/faiss';
import { type Index, IndexFlatL2 } from 'faiss-node';
import { FakeEmbeddings } from './embeddings.mjs';

export const store = new FaissStore(new FakeEmbeddings(), { index: new IndexFlatL2(8) });
export const index: Index = store.index;
// @ts-expect-error: and they see what it is
export const count: string = store.index.ntotal();
