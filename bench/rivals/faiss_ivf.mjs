// Faiss's inverted files in Python. As for exact search (faiss.mjs), BLAS has threads of its own beside Faiss's, and neither
// always gains by more of them: one process for each number of threads of BLAS, and several settings, of which the fastest
// counts.
import { startFaiss } from './faiss.mjs';

const SHORT = 0.25; // see contestant.mjs

/** How many times k candidates RFlat looks at again: little and fast, or much and precise. */
const FACTORS = [4, 16, 64];

/** What Faiss has to search faster than with float32 rows. */
export const compressed = (d) => ['SQ8', ...(d % 2 === 0 ? [`PQ${d / 2}x4fs,RFlat`] : [])];

/** @returns one side for each number of threads of BLAS; see `measureShape` in ivf.mjs */
export async function faissSides(dataset, nlist, threads) {
  const sides = [];
  try {
    for (const blasThreads of new Set([threads, 1])) {
      const python = await startFaiss(dataset, blasThreads, 'faiss_ivf_child.py');
      sides.push(side(python, dataset, nlist, threads, blasThreads));
    }
  } catch (error) {
    for (const each of sides) await each.close();
    throw error;
  }
  return sides;
}

function side(python, dataset, nlist, threads, blasThreads) {
  const named = (own) => (threads === 1 ? '' : `${own}+${blasThreads}`);
  const way = (own, more) => contestant(python, { threads: own, setting: named(own), ...more });
  const ways = [way(threads)];
  if (threads > 1 && blasThreads === 1) {
    ways.push(way(1), way(threads, { singleOnly: true, byLists: true, setting: `${named(threads)}, lists` }));
  }
  return {
    rival: 'faiss',
    version: python.version,
    setting: named(threads),
    ours: false,
    ways,
    build: ({ sample, batch }) => python.ask({ do: 'build', threads, nlist, sample, batch }),
    centroids: async () => Float32Array.from((await python.ask({ do: 'centroids' })).rows),
    scanned: async (nprobe) => (await python.ask({ do: 'scanned', nprobe, nq: dataset.nq })).vectors,
    /** @returns contestants for an index with codes, made here; one for each choice of how much is looked at again */
    async compressed(kind, { sample, batch }) {
      await python.ask({ do: 'compress', kind, threads, sample, batch });
      const factors = kind.endsWith('RFlat') ? FACTORS : [0];
      return factors.map((factor) => way(threads, { kind, factor, setting: factor === 0 ? '' : `k × ${factor}` }));
    },
    close: () => python.stop(),
  };
}

function contestant(python, { kind = 'Flat', factor = 0, byLists = false, singleOnly = false, threads, setting }) {
  let nprobe = 1;
  let last = 0;
  const select = () => python.ask({ do: 'select', kind, nprobe, factor, by_lists: byLists });
  return {
    rival: kind === 'Flat' ? 'faiss' : `faiss ${kind}`,
    version: python.version,
    setting,
    ours: false,
    singleOnly,
    probe(lists) {
      nprobe = lists;
      last = 0;
    },
    async answer(nq, k) {
      await select();
      const found = await python.ask({ do: 'answer', threads, nq, k });
      last = found.seconds;
      return found;
    },
    async time(starts, nq, k) {
      await select();
      last = (await python.ask({ do: 'time', threads, starts, nq, k, warm: last < SHORT })).seconds;
      return last;
    },
  };
}
