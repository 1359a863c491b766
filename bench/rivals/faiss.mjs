// Faiss in Python: the exact index of the same metric. Its batches multiply matrices with BLAS, which has threads of its
// own beside Faiss's OpenMP threads, and neither always gains by more of them. So three settings run where several threads
// are allowed: Faiss and BLAS with all, Faiss with all and BLAS with one, both with one.
import { fileURLToPath } from 'node:url';
import { pythonWithFaiss, startPython } from './python.mjs';

const SHORT = 0.25; // see contestant.mjs

/** @returns a Faiss process that has the data of a data set open, and the library's version */
export async function startFaiss(dataset, blasThreads, program = 'faiss_child.py') {
  const python = startPython(pythonWithFaiss(), fileURLToPath(new URL(program, import.meta.url)), {
    PYTHONDONTWRITEBYTECODE: '1',
    OPENBLAS_NUM_THREADS: String(blasThreads),
    MKL_NUM_THREADS: String(blasThreads),
    BLIS_NUM_THREADS: String(blasThreads),
  });
  const { base, queries } = dataset.files;
  const { version } = await python.ask({ do: 'open', base, queries, d: dataset.d, metric: dataset.metric });
  return { ...python, version };
}

/** @param {number[]} threadCounts the numbers of threads that will be asked for */
export async function faiss(dataset, threadCounts) {
  const settings = [];
  try {
    for (const blasThreads of new Set([1, ...threadCounts])) {
      const python = await startFaiss(dataset, blasThreads);
      settings.push(
        contestant(python, blasThreads, (threads) => (blasThreads > 1 && blasThreads !== threads ? 0 : threads)),
      );
      await python.ask({ do: 'fill' });
      if (blasThreads === 1) settings.push(contestant(python, 1, (threads) => (threads > 1 ? 1 : 0)));
    }
  } catch (error) {
    for (const each of settings) await each.close();
    throw error;
  }
  return settings;
}

/** @param {(threads: number) => number} threadsOf the threads of Faiss when so many are allowed; 0: does not take part */
function contestant(python, blasThreads, threadsOf) {
  let threads = 1;
  let last = 0;
  const self = {
    rival: 'faiss',
    version: python.version,
    setting: '',
    ours: false,
    async use(allowed) {
      threads = threadsOf(allowed);
      self.setting = allowed === 1 ? '' : `${threads}+${blasThreads}`;
      return threads > 0;
    },
    async answer(nq, k) {
      const found = await python.ask({ do: 'answer', threads, nq, k });
      last = found.seconds;
      return found;
    },
    async time(starts, nq, k) {
      last = (await python.ask({ do: 'time', threads, starts, nq, k, warm: last < SHORT })).seconds;
      return last;
    },
    close: () => python.stop(),
  };
  return self;
}
