/** A worker thread that works until it is stopped. */

import { parentPort } from 'node:worker_threads';
import { filled } from './addon.mjs';
import { workOn } from './work.mjs';

workOn(filled(20_000));
setImmediate(() => parentPort.postMessage('working'));
