// The same in several processes that share a port; each has its own copy of the index, and only reads.
//
//   node examples/server/cluster.mjs --index FILE --workers 2 [--host …] [--port …] [--drain …] [--max-waiting …]
//
// The first process searches nothing. It starts the others, and again if one dies; on SIGHUP and POST /reload it lets one
// after the other read the file, so that there is one copy too many at a time; SIGTERM it passes on, and ends when they have.

import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../support/input.mjs';
import { readOptions, serve } from './lifecycle.mjs';
import { count } from './metrics.mjs';
import { ServedIndex } from './served_index.mjs';
import { makeService } from './service.mjs';

let asked = 0;

/** What another process answers to a question: `{ ask, number }` gets `{ number, answer }` or `{ number, failure }`. */
async function ask(other, what) {
  const number = ++asked;
  const answered = new Promise((resolve, reject) => {
    const hear = (message) => {
      if (message.number !== number || message.ask !== undefined) return;
      leave();
      if (message.failure === undefined) resolve(message.answer);
      else reject(Object.assign(new Error(message.failure), { statusCode: message.status }));
    };
    const gone = () => {
      leave();
      reject(Object.assign(new Error('the process has ended'), { statusCode: 503 }));
    };
    const leave = () => other.off('message', hear).off('disconnect', gone);
    other.on('message', hear).on('disconnect', gone);
  });
  other.send({ ask: what, number });
  return await answered;
}

/** Answers the questions of another process. */
function answerTo(other, answers) {
  other.on('message', async ({ ask: what, number }) => {
    if (what === undefined) return;
    try {
      other.send({ number, answer: await answers[what]() });
    } catch (error) {
      other.send({ number, failure: error.message, status: error.statusCode });
    }
  });
}

async function first({ workers }) {
  let stopping = false;
  let turn = Promise.resolve();
  /** One worker after the other, and one question after the other. */
  const askAll = (what) => {
    const answers = turn.then(async () => {
      const all = [];
      for (const worker of Object.values(cluster.workers)) all.push(await ask(worker, what));
      return all;
    });
    turn = answers.catch(() => undefined);
    return answers;
  };
  const start = () => answerTo(cluster.fork(), { reload: () => askAll('reload'), metrics: () => askAll('metrics') });

  cluster.on('exit', async (worker, code, signal) => {
    if (stopping) {
      if (code !== 0) process.exitCode = 1;
      return;
    }
    console.error(`process ${worker.process.pid} ended (${signal ?? code}); starting another`);
    await sleep(1000); // not in a circle as fast as it can
    if (!stopping) start();
  });
  for (const name of ['SIGTERM', 'SIGINT']) {
    process.on(name, () => {
      stopping = true;
      for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
    });
  }
  process.on('SIGHUP', () => askAll('reload').catch(console.error));
  for (let i = 0; i < workers; i++) start();
}

async function other(options) {
  process.setMaxListeners(0); // one for each question under way
  const told = count();
  const served = await ServedIndex.open(options.index);
  answerTo(process, { reload: () => served.reload(), metrics: async () => told() });
  const engine = {
    get facts() {
      return served.facts;
    },
    search: (...args) => served.search(...args),
    reload: () => ask(process, 'reload'),
    metrics: () => ask(process, 'metrics'),
  };
  process.on('SIGHUP', () => undefined); // the first process sees to it
  await serve(makeService(engine, options), options, async () => {
    await served.close();
    if (process.connected) process.disconnect();
  });
}

await run(async () => {
  const options = readOptions();
  await (cluster.isPrimary ? first(options) : other(options));
});
