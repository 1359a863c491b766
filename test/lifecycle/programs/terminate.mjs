/** Terminates workers in the midst of work: `node terminate.mjs <times> [addon in the main thread too: yes]`. */

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

const times = Number(process.argv[2]);
if (process.argv[3] === 'yes') {
  const { filled } = await import('./addon.mjs');
  const { workOn } = await import('./work.mjs');
  workOn(filled(5000));
}
for (let i = 0; i < times; i++) {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url));
  worker.on('error', (error) => {
    throw error;
  });
  await once(worker, 'message');
  await setTimeout((i % 7) / 2);
  await worker.terminate();
}
console.log(`terminated ${times}`);
process.exit(0);
