// A worker thread of workers.mjs: answers `{ ask, number, args }` with `{ number, answer }` or `{ number, failure }`.

import { parentPort, workerData } from 'node:worker_threads';
import { count } from './metrics.mjs';
import { ServedIndex } from './served_index.mjs';

const told = count();
const served = await ServedIndex.open(workerData.path);
const searches = new Map(); // number → AbortController

const answers = {
  facts: () => served.facts,
  metrics: () => told(),
  async search(number, vector, k) {
    const stop = new AbortController();
    searches.set(number, stop);
    try {
      return await served.search(vector, k, stop);
    } finally {
      searches.delete(number);
    }
  },
  async reload() {
    await served.reload();
    return served.facts;
  },
  async close() {
    await served.close();
    parentPort.off('message', hear); // nothing is left to do: the thread ends
  },
};

async function hear({ ask, number, args, abort }) {
  if (abort !== undefined) return searches.get(abort)?.abort();
  try {
    parentPort.postMessage({ number, answer: await answers[ask](number, ...args) });
  } catch ({ message, code, statusCode }) {
    parentPort.postMessage({ number, failure: { message, code, statusCode } });
  }
}

parentPort.on('message', hear);
