// hnswlib-node: BruteforceSearch. One thread, one query a call; vectors and queries are arrays of numbers, made beforehand
// here, so that their making is not counted.
import { oneByOne } from './contestant.mjs';
import { peer } from './peers.mjs';

export async function hnswlib(dataset) {
  return [oneByOne({ rival: 'hnswlib-node', ...bruteForce(dataset) })];
}

/** @returns the version, and the search of one query of the data set */
export function bruteForce(dataset) {
  const { library, version } = peer('hnswlib-node');
  const { d, n, base } = dataset;
  const index = new library.BruteforceSearch(dataset.metric, d);
  index.initIndex(n);
  for (let i = 0; i < n; i++) index.addPoint(Array.from(base.subarray(i * d, (i + 1) * d)), i);
  const queries = Array.from({ length: dataset.nq }, (_, i) =>
    Array.from(dataset.queries.subarray(i * d, (i + 1) * d)),
  );
  return { version, searchOne: (query, k) => index.searchKnn(queries[query], k).neighbors };
}
