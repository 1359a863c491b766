// What a TypeScript user writes. A package whose declarations are not found, or typed as any, does not compile here.
import { type Index, IndexFlatL2, type SearchResult } from 'voronode';
import { IndexFlatL2 as FaissNode } from 'voronode/faiss-node';

const index: Index = new IndexFlatL2(2);
await index.add(Float32Array.of(0, 0, 1, 0));
const result: SearchResult = await index.search(Float32Array.of(0.75, 0), 1);
const label: bigint | undefined = result.labels[0];
// @ts-expect-error: an array of numbers is no Float32Array
const wrong: () => unknown = () => index.searchSync([1, 2], 1);
const oldName: number = new FaissNode(2).getDimension();
if (oldName !== 2 || label !== 1n || typeof wrong !== 'function') throw new Error(`found ${label}`);
console.log('types: found');
