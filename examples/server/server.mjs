// A search service in one process.
//
//   node examples/server/server.mjs --index FILE [--host 127.0.0.1] [--port 3000] [--drain 5000] [--max-waiting 1000]
//
// The index has ids of the caller's (IndexIDMap, inverted file) if vectors are to be added. SIGHUP and POST /reload read the
// file again. docs/server.md explains it.

import { run } from '../support/input.mjs';
import { readOptions, serve } from './lifecycle.mjs';
import { count } from './metrics.mjs';
import { ServedIndex } from './served_index.mjs';
import { makeService } from './service.mjs';

async function main() {
  const options = readOptions();
  const told = count();
  const served = await ServedIndex.open(options.index);
  const engine = {
    get facts() {
      return served.facts;
    },
    search: (...args) => served.search(...args),
    put: (...args) => served.put(...args),
    reload: () => served.reload(),
    metrics: async () => [told()],
  };
  process.on('SIGHUP', () => served.reload().catch(console.error));
  await serve(makeService(engine, options), options, () => served.close());
}

await run(main);
