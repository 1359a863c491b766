/**
 * `node wrap.mjs <rounds>`: a worker puts a map around an index that the main thread adds to at the same moment. Either the
 * vectors are in before, and the map is refused; or the map is there, and the addition is refused.
 */

import { once } from 'node:events';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { adopt, failure, native, rows, share, worker } from './shared.mjs';

if (isMainThread) {
  const memory = new Int32Array(new SharedArrayBuffer(4));
  const wrapper = await worker(import.meta.url, memory);
  const five = rows(5);
  const count = {};
  for (let round = 0; round < Number(process.argv[2]); round++) {
    const index = native.flat(16, 1, true);
    wrapper.postMessage(share(index));
    while (Atomics.load(memory, 0) === 0);
    const additions = [0, 1, 2].map(() => native.add(index, five, undefined).catch(({ code }) => code));
    const added = round % 2 === 0 ? failure(() => native.addSync(index, five)) : 'none';
    const [[wrapped]] = [await once(wrapper, 'message')];
    const outcomes = [...(await Promise.all(additions)), added];
    Atomics.store(memory, 0, 0);
    const refused = outcomes.includes('ERR_VORONODE_UNSUPPORTED');
    const inside = native.ntotal(index) > 0;
    if (wrapped === 'none' && (inside || !refused)) console.log(`wrapped with ${native.ntotal(index)} vectors inside`);
    if (wrapped !== 'none' && (!inside || refused)) console.log(`${wrapped}, but ${outcomes}`);
    count[wrapped] = (count[wrapped] ?? 0) + 1;
    native.close(index);
  }
  console.log(Object.keys(count).sort().join());
  console.error(JSON.stringify(count));
  process.exit(0);
} else {
  let round = 0;
  parentPort.on('message', (token) => {
    const index = adopt(token);
    Atomics.store(workerData, 0, 1);
    for (let i = 0; i < (round % 40) * 500; i++) Atomics.load(workerData, 0);
    round++;
    parentPort.postMessage(failure(() => native.idMap(index, false)));
  });
  parentPort.postMessage('ready');
}
