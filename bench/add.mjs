// How fast are vectors taken in? n × d in calls of 10 000 vectors into an empty index, in turn with Faiss.
import { openDataset } from './data.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { handOut } from './report.mjs';
import { startFaiss } from './rivals/faiss.mjs';
import { emptyIndex } from './rivals/ours.mjs';
import { inTurn, ratios, spread } from './rounds.mjs';
import { number, ratio, size, table, times } from './table.mjs';

const BATCH = 10_000;

export async function main(args) {
  const options = readOptions('add', args);
  if (options === undefined) return 0;
  const results = { machine: machine(), command: options.command, batch: BATCH, rows: [] };
  for (const shape of options.shapes) results.rows.push(await measureShape(shape, options));
  const markdown = [
    describe(results.machine),
    `Vectors added in calls of ${BATCH} to an empty index. Ratio: Faiss's time ÷ ours within a round, median (least–most).`,
    render(results.rows),
  ].join('\n\n');
  console.log(markdown);
  handOut('add', options, { results, markdown });
  return 0;
}

async function measureShape(shape, options) {
  const dataset = openDataset(shape, 1);
  const { faiss, reason } = await tryFaiss(dataset, options);
  try {
    const turns = options.ours.flatMap((variant) => [
      { name: variant === 'default' ? 'add' : `add, ${variant}`, turn: () => addAll(dataset, variant) },
      { name: variant === 'default' ? 'addSync' : `addSync, ${variant}`, turn: () => addAllSync(dataset, variant) },
    ]);
    if (faiss) turns.push({ turn: async () => (await faiss.ask({ do: 'add', batch: BATCH })).seconds });
    const rounds = await inTurn(
      turns.map(({ turn }) => turn),
      options.seconds,
    );
    const theirs = faiss ? rounds.pop() : undefined;
    return {
      ...shape,
      ours: rounds.map((each, i) => ({
        call: turns[i].name,
        seconds: spread(each),
        ratio: theirs && ratios(theirs, each),
        rounds: each,
      })),
      faiss: faiss ? { version: faiss.version, seconds: spread(theirs), rounds: theirs } : { reason },
    };
  } finally {
    await faiss?.stop();
  }
}

async function tryFaiss(dataset, options) {
  if (!options.rivals.includes('faiss')) return { reason: 'not wanted' };
  try {
    return { faiss: await startFaiss(dataset, 1) };
  } catch (error) {
    return { reason: error.message };
  }
}

async function addAll(dataset, variant) {
  const index = emptyIndex(dataset, variant);
  const begin = performance.now();
  for (const batch of batches(dataset)) await index.add(batch);
  const seconds = (performance.now() - begin) / 1000;
  index.close();
  return seconds;
}

async function addAllSync(dataset, variant) {
  const index = emptyIndex(dataset, variant);
  const begin = performance.now();
  for (const batch of batches(dataset)) index.addSync(batch);
  const seconds = (performance.now() - begin) / 1000;
  index.close();
  return seconds;
}

function* batches({ base, d }) {
  for (let at = 0; at < base.length; at += BATCH * d) yield base.subarray(at, at + BATCH * d);
}

function render(rows) {
  const head = ['vectors', 'data', 'call', 'time', 'GB/s', 'faiss', 'ratio'];
  const body = rows.flatMap(({ d, n, data, ours, faiss }) =>
    ours.map((our) => [
      `${d} × ${size(n)}`,
      data,
      our.call,
      times(our.seconds),
      number((n * d * 4) / our.seconds.median / 1e9),
      faiss.seconds ? times(faiss.seconds) : 'skipped',
      our.ratio ? ratio(our.ratio) : '',
    ]),
  );
  const { version, reason } = rows[0].faiss;
  return [version ? `Against faiss ${version}.` : `Skipped: faiss: ${reason}.`, table([head, ...body], 3)].join('\n\n');
}
