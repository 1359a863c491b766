// This library's inverted file: trained and filled off the event loop, searched with `search` as a server does, and with
// `searchSync` for the single query.
import { IndexIVFFlat, setThreads, simdTarget } from 'voronode';
import { packageVersion } from '../machine.mjs';
import { inProcess } from './contestant.mjs';

export function ourSide(dataset, nlist, threads) {
  const { d, base, queries, metric } = dataset;
  const version = `${packageVersion} (${simdTarget()})`;
  let index;
  let nprobe = 1;
  setThreads(threads);
  const window = (first, nq) => queries.subarray(first * d, (first + nq) * d);
  const way = (setting, search, more) => ({
    ...inProcess({
      ...{ rival: 'voronode', version, ours: true, setting, ...more },
      search,
      labelsOf: (found) => Array.from(found.labels, Number),
    }),
    probe(lists) {
      nprobe = lists;
    },
  });
  return {
    rival: 'voronode',
    version,
    setting: '',
    ours: true,
    ways: [
      way('search', (first, nq, k) => index.search(window(first, nq), k, { nprobe })),
      way('searchSync', (first, nq, k) => index.searchSync(window(first, nq), k, { nprobe }), { singleOnly: true }),
    ],
    async build({ sample, batch }) {
      index?.close();
      index = new IndexIVFFlat(d, nlist, { metric });
      const begin = performance.now();
      await index.train(base.subarray(0, sample * d));
      const trained = performance.now();
      for (let at = 0; at < base.length; at += batch * d) await index.add(base.subarray(at, at + batch * d));
      const added = performance.now();
      return { train: (trained - begin) / 1000, add: (added - trained) / 1000 };
    },
    centroids: async () => centroidsOf(index),
    /** The lists that queries visit: size nq × lists. */
    lists: async (lists) => index.quantizer.searchSync(queries, lists).labels,
    /** Vectors that a query is compared with, on average. */
    async scanned(lists) {
      const sizes = index.listSizesSync();
      let sum = 0;
      for (const list of index.quantizer.searchSync(queries, Math.min(lists, nlist)).labels) sum += sizes[Number(list)];
      return sum / dataset.nq;
    },
    close: async () => index?.close(),
  };
}

/** nlist × d. */
function centroidsOf(index) {
  const { d, nlist, quantizer } = index;
  const rows = new Float32Array(nlist * d);
  for (let list = 0; list < nlist; list++) rows.set(quantizer.reconstructSync(list), list * d);
  return rows;
}
