// The packages whose exact search runs on the event loop: each a function of the data set that gives the search of one query.
import { createRequire } from 'node:module';
import { bruteForce } from './hnswlib.mjs';
import { rivals } from './loading.mjs';
import { exactScan } from './usearch.mjs';

const require = createRequire(import.meta.url);
const PIECE = 1000; // vectors added in a call, as an array of numbers

function hnswlib(dataset) {
  const { version, searchOne } = bruteForce(dataset);
  return { rival: 'hnswlib-node', version, search: searchOne };
}

function usearch(dataset) {
  const { version, search } = exactScan(dataset);
  return { rival: 'usearch', version, search: (i, k) => Array.from(search(i, 1, k, 1).keys, Number) };
}

async function faissNode({ d, metric, base, queries }) {
  const { path, version, note } = await rivals.faiss();
  const library = require(path);
  const index = new (metric === 'ip' ? library.IndexFlatIP : library.IndexFlatL2)(d);
  for (let at = 0; at < base.length; at += PIECE * d) index.add(Array.from(base.subarray(at, at + PIECE * d)));
  return {
    rival: 'faiss-node',
    version,
    note,
    search: (i, k) => index.search(Array.from(queries.subarray(i * d, (i + 1) * d)), k).labels,
  };
}

/** By the name in --rivals. Each throws the reason why it cannot take part. */
export const blocking = { faiss: faissNode, usearch, hnswlib };
