// Is this build as fast as another, say of the commit before a change? Both are loaded into this process, search the same
// data in turn, and must give the same labels; what counts is the ratio of times within a round.
import { createRequire } from 'node:module';
import { openDataset } from './data.mjs';
import { expected } from './expected.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { inProcess } from './rivals/contestant.mjs';
import { callsPerTurn, inTurn, ratios, spread } from './rounds.mjs';
import { ratio, size, table, time } from './table.mjs';

const require = createRequire(import.meta.url);
const NPROBE = 16;

export async function main(args) {
  const options = readOptions('before', args);
  if (options === undefined) return 0;
  const other = process.env.VORONODE_BEFORE;
  if (!other) throw expected('VORONODE_BEFORE is to be the folder of the other checkout, built by npm run setup');
  const builds = [load(other), load('voronode')];
  const rows = [['vectors', 'metric', 'index', 'threads', 'nq', 'now', 'times as fast as before']];
  console.log(`${describe(machine())}\n`);
  for (const shape of options.shapes) {
    const dataset = openDataset(shape, Math.max(...options.nq));
    for (const [name, make] of Object.entries(kinds(dataset, options))) {
      const indexes = [];
      for (const build of builds) indexes.push(await make(build));
      for (const threads of options.threads) {
        for (const nq of options.nq) rows.push(await measure({ builds, indexes, name, threads, nq }, dataset, options));
      }
      for (const index of indexes) index.close();
    }
  }
  console.log(table(rows, 3));
  return 0;
}

/** A package in this process; each build brings its own addon, with its own threads. */
function load(from) {
  try {
    return require(from);
  } catch (error) {
    throw expected(`${from} could not be loaded: ${error.message}`);
  }
}

/** What is compared: functions that build an index of a build's. */
function kinds({ d, n, base, metric }, { nlist }) {
  const lists = nlist?.[0] ?? 2 ** Math.round(Math.log2(Math.sqrt(n)));
  return {
    async flat({ IndexFlat }) {
      const index = new IndexFlat(d, { metric });
      await index.add(base);
      return index;
    },
    async ivf({ IndexIVFFlat }) {
      const index = new IndexIVFFlat(d, lists, { metric });
      await index.train(base);
      await index.add(base);
      index.nprobe = Math.min(NPROBE, lists);
      return index;
    },
  };
}

async function measure({ builds, indexes, name, threads, nq }, { d, n, data, metric, queries, nq: all }, options) {
  for (const build of builds) build.setThreads(threads);
  const contestants = indexes.map((index) =>
    inProcess({
      search: (first, count, k) => index.search(queries.subarray(first * d, (first + count) * d), k),
      labelsOf: ({ labels }) => Array.from(labels, Number),
    }),
  );
  const answers = [];
  for (const each of contestants) answers.push(await each.answer(nq, options.k));
  const what = [`${d} × ${size(n)} ${data}`, metric, name, String(threads), String(nq)];
  if (answers[0].labels.join() !== answers[1].labels.join()) throw expected(`different answers: ${what.join(', ')}`);
  const calls = callsPerTurn(answers.map(({ seconds }) => seconds));
  const windows = Math.floor(all / nq);
  const starts = (round) => Array.from({ length: calls }, (_, call) => ((round * calls + call) % windows) * nq);
  const [before, now] = await inTurn(
    contestants.map((each) => (round) => each.time(starts(round), nq, options.k)),
    options.seconds,
  );
  return [...what, time(spread(now).median), ratio(ratios(before, now))];
}
