/**
 * One way to search, with one setting. A rival offers one or several settings; the faster is kept, row by row.
 *
 * @typedef {object} Contestant
 * @property {string} rival the library's name: 'voronode', 'faiss', …
 * @property {string} version
 * @property {string} setting how it is called, '' where there is one way only
 * @property {boolean} ours
 * @property {boolean} [singleOnly] takes part where a call has one query
 * @property {boolean} [limited] is left out of a row where one call would take longer than --limit
 * @property {number} [sample] so many queries of a call are searched, and their time is scaled
 * @property {(threads: number) => Promise<boolean>} use works with so many threads from now on; false: cannot
 * @property {(nq: number, k: number) => Promise<{ labels: number[], seconds: number }>} answer
 *   searches queries 0 … nq - 1 once; labels may stop early where the rest would only repeat the work
 * @property {(starts: number[], nq: number, k: number) => Promise<number>} time
 *   searches, for each start, queries start … start + nq - 1 in one call; gives the mean seconds of a call
 * @property {() => Promise<void>} close
 */

/** Calls of more than this are preceded by nothing; shorter ones by an untimed call that wakes threads and caches. */
const SHORT = 0.25;

/**
 * A contestant that works in this process.
 * @param {(first: number, nq: number, k: number) => unknown} search one call, or a promise of it
 * @param {(found: unknown, nq: number, k: number) => number[]} labelsOf
 */
export function inProcess({ search, labelsOf, use = async () => true, close = async () => {}, ...names }) {
  let last = 0;
  return {
    ours: false,
    setting: '',
    ...names,
    use,
    close,
    async answer(nq, k) {
      const begin = performance.now();
      const found = await search(0, nq, k);
      last = (performance.now() - begin) / 1000;
      return { labels: labelsOf(found, nq, k), seconds: last };
    },
    async time(starts, nq, k) {
      if (last < SHORT) await search(starts[0], nq, k);
      const begin = performance.now();
      for (const first of starts) {
        const result = search(first, nq, k);
        if (result instanceof Promise) await result;
      }
      last = (performance.now() - begin) / 1000 / starts.length;
      return last;
    },
  };
}

/** Queries that are timed of a call that goes one by one; the time of all is theirs, scaled. */
const SAMPLE = 16;

/**
 * A contestant that takes one query a call.
 * @param {(query: number, k: number) => number[]} searchOne
 */
export function oneByOne({ searchOne, ...names }) {
  const contestant = inProcess({
    ...names,
    search: (first, nq, k) => Array.from({ length: Math.min(nq, SAMPLE) }, (_, i) => searchOne(first + i, k)),
    labelsOf: (rows) => rows.flat(),
  });
  const scale = (nq) => nq / Math.min(nq, SAMPLE);
  return {
    ...contestant,
    sample: SAMPLE,
    async answer(nq, k) {
      const { labels, seconds } = await contestant.answer(nq, k);
      return { labels, seconds: seconds * scale(nq) };
    },
    time: async (starts, nq, k) => (await contestant.time(starts, nq, k)) * scale(nq),
  };
}
