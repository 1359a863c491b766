// usearch: exact search over the vectors as they lie in memory, no index. A call of many queries with all threads, or one
// call for each query with one thread, as more do not help it there.
import { inProcess, oneByOne } from './contestant.mjs';
import { peer } from './peers.mjs';

export async function usearch(dataset) {
  const { version, search } = exactScan(dataset);
  let threads = 1;
  const names = {
    rival: 'usearch',
    version,
    use: async (count) => {
      threads = count;
      return true;
    },
  };
  const labelsOf = (found) => Array.from(found.keys, Number);
  return [
    inProcess({
      ...names,
      setting: 'batch',
      limited: true,
      search: (first, nq, k) => search(first, nq, k, threads),
      labelsOf,
    }),
    oneByOne({ ...names, setting: 'one by one', searchOne: (query, k) => labelsOf(search(query, 1, k, 1)) }),
  ];
}

/** @returns the version, and the search of `nq` queries of the data set from the `first` on */
export function exactScan({ d, base, queries, metric: name }) {
  const { library, version } = peer('usearch');
  const metric = name === 'ip' ? library.MetricKind.IP : library.MetricKind.L2sq;
  // Copies, as it reads from the beginning of the buffer under a view.
  const window = (first, nq) => queries.slice(first * d, (first + nq) * d);
  return {
    version,
    search: (first, nq, k, count) => library.exactSearch(base, window(first, nq), d, k, metric, count),
  };
}
