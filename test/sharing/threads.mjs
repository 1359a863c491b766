/** The classes that another thread gets, by the package as users load it. */

import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Index, IndexFlatL2, IndexIDMap, indexFactory } from '../../dist/index.mjs';

if (isMainThread) {
  const map = new IndexIDMap(new IndexFlatL2(2));
  const tokens = [map, map.index, indexFactory(2, 'L2norm,IVF1,Flat'), new IndexFlatL2(3)].map((index) =>
    index.share(),
  );
  const worker = new Worker(new URL(import.meta.url), { workerData: tokens });
  worker.once('online', () => worker.postMessage(map.share({ readonly: true })));
  const [shown] = await once(worker, 'message');
  console.log(shown);
  console.log(map.ntotal, map.searchSync(Float32Array.of(3, 4), 1).labels[0]);
} else {
  const [map, flat, transformed, other] = workerData.map((token) => Index.fromShared(token));
  await map.addWithIds(Float32Array.of(3, 4), [7]);
  const shown = [map, map.index, flat, transformed, transformed.index, other].map((index) => index.constructor.name);
  parentPort.once('message', (token) => {
    const reading = Index.fromShared(token);
    const error = (() => {
      try {
        reading.resetSync();
      } catch ({ code }) {
        return code;
      }
    })();
    parentPort.postMessage([...shown, reading.ntotal, flat.ntotal, error].join(' '));
  });
}
