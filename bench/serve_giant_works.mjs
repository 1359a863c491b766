// The long work that short searches come beside: an exact search of many queries, a training, an addition of many vectors.
import { IndexFlat, IndexIVFFlat } from 'voronode';
import { Answers, checkSameBits } from './serve_answers.mjs';
import { sampleOf, trainedLists } from './serve_lists.mjs';

/** Queries of the batch. */
export const BATCH = 5000;
const ADDED = 100_000;

const BACKGROUND = { priority: 'background' };

/**
 * @typedef {object} Giant
 * @property {string} name
 * @property {object} [options] of the method that does it
 * @property {() => Promise<number>} run does it once; gives the seconds it took
 */

/** @returns {Promise<{ giants: Giant[], refused: string[], close: () => void }>} refused: names of those without a background */
export async function makeGiants(dataset, k) {
  const works = [await batchSearch(dataset, k), training(dataset), await addition(dataset)];
  const giants = [];
  const refused = [];
  for (const { name, run, probe } of works) {
    giants.push({ name, run: () => run(undefined) });
    if (await accepts(probe)) giants.push({ name, options: BACKGROUND, run: () => run(BACKGROUND) });
    else refused.push(name);
  }
  return {
    giants,
    refused,
    close() {
      for (const { index } of works) index?.close();
    },
  };
}

/** Whether a method knows the option. */
async function accepts(probe) {
  try {
    await probe(BACKGROUND);
    return true;
  } catch (error) {
    if (error.code === 'ERR_INVALID_ARG_VALUE') return false;
    throw error;
  }
}

async function batchSearch({ d, metric, base, queries }, k) {
  const index = new IndexFlat(d, { metric });
  await index.add(base);
  const asked = queries.subarray(0, BATCH * d);
  const right = new Answers(BATCH, k);
  right.put(0, await index.search(asked, k));
  return {
    name: `search of ${BATCH} queries`,
    index,
    probe: (options) => index.search(asked.subarray(0, d), k, options),
    async run(options) {
      const { seconds, result } = await timed(() => index.search(asked, k, options));
      checkSameBits('the batch beside short searches', result, right);
      return seconds;
    },
  };
}

function training(dataset) {
  const { d, nlist, metric } = dataset;
  const sample = sampleOf(dataset);
  return {
    name: `train of ${nlist} lists, ${sample.length / d} vectors`,
    probe: (options) => new IndexIVFFlat(1, 1).train(new Float32Array(39), options),
    async run(options) {
      const index = new IndexIVFFlat(d, nlist, { metric });
      const { seconds } = await timed(() => index.train(sample, options));
      index.close();
      return seconds;
    },
  };
}

/** Into an inverted file, which first finds the list of each vector. */
async function addition({ d, n, base, ...dataset }) {
  const index = await trainedLists({ d, n, base, ...dataset });
  const count = Math.min(n, ADDED);
  const vectors = base.subarray(0, count * d);
  return {
    name: `add of ${count} vectors`,
    index,
    probe: (options) => new IndexFlat(1).add(Float32Array.of(0), options),
    async run(options) {
      const { seconds } = await timed(() => index.add(vectors, options));
      await index.reset();
      return seconds;
    },
  };
}

async function timed(work) {
  const begin = performance.now();
  const result = await work();
  return { seconds: (performance.now() - begin) / 1000, result };
}
