/** Ends the process in the midst of work, in the way named: `node end.mjs <way> <milliseconds to wait>`. */

import { Worker } from 'node:worker_threads';
import { filled } from './addon.mjs';
import { workOn } from './work.mjs';

const ways = {
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('uncaught, on purpose');
  },
  reject: () => Promise.reject(new Error('unhandled, on purpose')),
  'exit with workers': () => process.exit(3),
};
const [, , way, wait] = process.argv;
if (way === 'exit with workers') {
  for (let i = 0; i < 2; i++) new Worker(new URL('./worker.mjs', import.meta.url));
}
workOn(filled(10_000));
setTimeout(ways[way], Number(wait));
