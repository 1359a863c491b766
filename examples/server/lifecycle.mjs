// The life of a serving process: listening, and a stop in which nobody loses an answer.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { countOption, InputError } from '../support/input.mjs';

export function readOptions() {
  const { values } = parseArgs({
    options: {
      index: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '3000' },
      workers: { type: 'string', default: '2' },
      drain: { type: 'string', default: '5000' },
      'max-waiting': { type: 'string', default: '1000' },
    },
  });
  if (values.index === undefined) throw new InputError('--index FILE is missing');
  return {
    index: values.index,
    host: values.host,
    port: values.port === '0' ? 0 : countOption('port', values.port), // 0: some free one
    workers: countOption('workers', values.workers),
    drainMs: countOption('drain', values.drain),
    maxWaiting: countOption('max-waiting', values['max-waiting']),
  };
}

/**
 * Serves until the process is told to stop (SIGTERM, SIGINT). Then, for drainMs, it answers as before but says on /readyz and
 * by `connection: close` that it goes: a balancer needs so long to notice. After that it takes no new connection, answers
 * what is under way, lets `close` save, and the process ends by itself with the exit code 0, as nothing is left to do.
 */
export async function serve(app, { host, port, drainMs }, close) {
  const stop = async () => {
    if (app.stopping) return; // told twice
    app.stopping = true;
    try {
      await sleep(drainMs);
      await app.close();
      await close();
    } catch (error) {
      console.error(error);
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop);
  console.log(`listening on ${await app.listen({ host, port })}`);
}
