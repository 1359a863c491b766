// The same with the JavaScript of a request in worker threads, each with its own copy of the index; it only reads.
//
//   node examples/server/workers.mjs --index FILE --workers 2 [--host …] [--port …] [--drain …] [--max-waiting …]
//
// Not for the searches' sake: those run on other threads anyhow, and all workers share one pool of them. It pays where requests
// take long in JavaScript, such as making vectors of texts. This thread speaks HTTP, and gives each request to the worker that
// has fewest.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { run } from '../support/input.mjs';
import { readOptions, serve } from './lifecycle.mjs';
import { makeService } from './service.mjs';

/** One worker thread, asked by messages. */
class Searcher {
  waiting = new Map(); // number → { resolve, reject }
  #worker;
  #asked = 0;

  static async start(path) {
    const searcher = new Searcher();
    searcher.#worker = new Worker(new URL('./search_worker.mjs', import.meta.url), { workerData: { path } });
    searcher.#worker.on('message', (message) => searcher.#hear(message));
    let failure = Object.assign(new Error('the worker thread has ended'), { statusCode: 503 });
    searcher.#worker.on('error', (error) => {
      failure = error; // of a script that failed; 'exit' comes next
    });
    searcher.#worker.on('exit', () => searcher.#gone(failure));
    await searcher.ask('facts'); // it is ready, or has failed
    return searcher;
  }

  onGone = () => undefined;

  async ask(what, args = [], signal = undefined) {
    const number = ++this.#asked;
    const abort = () => this.#worker.postMessage({ abort: number });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.waiting.set(number, { resolve, reject });
        this.#worker.postMessage({ ask: what, number, args });
      });
    } finally {
      this.waiting.delete(number);
      signal?.removeEventListener('abort', abort);
    }
  }

  async end() {
    const ended = once(this.#worker, 'exit');
    await this.ask('close');
    await ended;
  }

  #hear({ number, answer, failure }) {
    const { resolve, reject } = this.waiting.get(number) ?? {};
    if (failure === undefined) resolve?.(answer);
    else reject?.(Object.assign(new Error(failure.message), failure)); // a clone of an error has no code
  }

  #gone(error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.onGone();
  }
}

/** The engine: all of them. */
class Searchers {
  facts;
  #path;
  #all = [];
  #stopping = false;

  static async start(path, n) {
    const searchers = new Searchers();
    searchers.#path = path;
    for (let i = 0; i < n; i++) await searchers.#add(); // one after the other: each reads the file
    searchers.facts = await searchers.#all[0].ask('facts');
    return searchers;
  }

  async #add() {
    const searcher = await Searcher.start(this.#path);
    this.#all.push(searcher);
    searcher.onGone = () => {
      this.#all.splice(this.#all.indexOf(searcher), 1);
      if (!this.#stopping) this.#add().catch(console.error);
    };
  }

  async search(vector, k, { signal }) {
    const [first, ...others] = this.#all;
    if (first === undefined) throw Object.assign(new Error('no worker thread'), { statusCode: 503 });
    const least = others.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a), first);
    return await least.ask('search', [vector, k], signal);
  }

  async reload() {
    for (const searcher of [...this.#all]) this.facts = await searcher.ask('reload');
  }

  async metrics() {
    return await Promise.all(this.#all.map((searcher) => searcher.ask('metrics')));
  }

  async close() {
    this.#stopping = true;
    await Promise.all([...this.#all].map((searcher) => searcher.end()));
  }
}

await run(async () => {
  const options = readOptions();
  const engine = await Searchers.start(options.index, options.workers);
  process.on('SIGHUP', () => engine.reload().catch(console.error));
  await serve(makeService(engine, options), options, () => engine.close());
});
