// Neighbours for a table of queries of any size: CSV in, JSON Lines out, with memory for one batch.
//
//   node examples/etl.mjs --index FILE --queries FILE.csv --out FILE.jsonl [--k 5] [--batch 1000] [--ids-as-strings]
//
// Queries: CSV, `id,features` (support/vectors.mjs). A line of the output for each, in the order of the input, best first:
//
//   {"id":10,"labels":[72120,90],"distances":[1.5170297622680664,2.130983591079712]}
//
// Ids are exact: integers, digit for digit, also beyond 2^53. Python, Java, Go, jq 1.7 and databases read them so; JSON.parse of
// JavaScript rounds them, and --ids-as-strings puts them in quotes for it. Distances are float32 values, written so that they
// read back to the same value. The output file appears when it is complete; a wrong row ends the program with the row's line
// number, and leaves what was there before.
//
// Without options it searches the teams of examples/data among its packages and shows the first lines.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { IndexFlatIP, IndexIDMap, matrix, readIndex, writeIndex } from 'voronode';
import { writeWhole } from './support/atomic.mjs';
import { dataPath } from './support/debian.mjs';
import { countOption, InputError, run } from './support/input.mjs';
import { count } from './support/print.mjs';
import { readVectors, vectorRows } from './support/vectors.mjs';

async function main() {
  const options = readOptions();
  if (options.index !== undefined) return report(await convert(options), options.out);
  const folder = await mkdtemp(join(tmpdir(), 'voronode-'));
  try {
    await demonstrate(folder, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      index: { type: 'string' },
      queries: { type: 'string' },
      out: { type: 'string' },
      k: { type: 'string', default: '5' },
      batch: { type: 'string', default: '1000' },
      'ids-as-strings': { type: 'boolean', default: false },
    },
  });
  const files = [values.index, values.queries, values.out];
  if (files.includes(undefined) && files.some((file) => file !== undefined)) {
    throw new InputError('--index, --queries and --out go together');
  }
  return { ...values, k: countOption('k', values.k), batch: countOption('batch', values.batch) };
}

/** Each stage takes the next item only when the one behind it has taken the last: nothing piles up. */
async function convert({ index: indexPath, queries, out, k, batch, 'ids-as-strings': quoted }) {
  const index = await readIndex(indexPath);
  const done = { queries: 0, batches: 0 };
  await writeWhole(out, (file) =>
    pipeline(
      vectorRows(queries, index.d),
      (rows) => inBatches(rows, batch),
      async function* (batches) {
        for await (const rows of batches) {
          const result = await index.search(matrix(rows.map(({ features }) => features)), k);
          yield rows.map(({ id }, i) => jsonLine(id, result.row(i), quoted)).join('');
          done.queries += rows.length;
          done.batches++;
        }
      },
      file,
    ),
  );
  return done;
}

async function* inBatches(rows, size) {
  let batch = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** JSON.stringify refuses bigints; their digits are the JSON. */
function jsonLine(id, { labels, distances }, quoted) {
  const write = (value) => (quoted ? `"${value}"` : `${value}`);
  return `{"id":${write(id)},"labels":[${Array.from(labels, write)}],"distances":[${Array.from(distances)}]}\n`;
}

async function demonstrate(folder, options) {
  const index = join(folder, 'packages.faiss');
  const out = join(folder, 'teams.jsonl');
  const { ids, vectors, d } = await readVectors(dataPath('item_embeddings.csv'));
  const map = new IndexIDMap(new IndexFlatIP(d));
  await map.addWithIds(vectors, ids);
  await writeIndex(map, index);
  report(await convert({ ...options, index, queries: dataPath('user_embeddings.csv'), out }), out);
  const lines = (await readFile(out, 'utf8')).split('\n');
  console.log(lines.slice(0, 3).join('\n'));
}

function report({ queries, batches }, out) {
  const memory = Math.round(process.resourceUsage().maxRSS / 1024); // it counts KiB
  console.log(`${out}: ${count(queries)} lines from ${count(batches)} searches; peak memory ${memory} MiB`);
}

await run(main);
