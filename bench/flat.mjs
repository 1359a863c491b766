// How fast is exact search, against its rivals? All contestants search the same data in the same run, in turn; the answers
// of all are checked; what counts is the ratio of times within a round. See docs/benchmarks.md.
import { chart } from './chart.mjs';
import { checkAgainst, checkAnswers, checkSame, truth } from './check.mjs';
import { openDataset } from './data.mjs';
import { expected } from './expected.mjs';
import { describeFloor, legend, renderBlock } from './flat_report.mjs';
import { measureFloor } from './floor.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { report } from './report.mjs';
import { faiss } from './rivals/faiss.mjs';
import { hnswlib } from './rivals/hnswlib.mjs';
import { ours } from './rivals/ours.mjs';
import { usearch } from './rivals/usearch.mjs';
import { callsPerTurn, inTurn, ratios, spread } from './rounds.mjs';

const rivals = { faiss, usearch, hnswlib };

/** Queries of each data set that are checked against a plain scan in float64. */
const CHECKED = 4;

export async function main(args) {
  const options = readOptions('flat', args);
  if (options === undefined) return 0;
  const tooFew = options.shapes.find((shape) => shape.n < options.k);
  if (tooFew !== undefined) throw expected(`k = ${options.k} is more than n = ${tooFew.n}`);

  const results = { machine: machine(), command: options.command, k: options.k, floor: measureFloor(), blocks: [] };
  const head = [describe(results.machine), describeFloor(results.floor), legend(options)].filter(Boolean);
  const drawn = () => ({ svg: draw(results) });
  await report('flat', options, { results, head, render: renderBlock, drawn }, blocks(options));
  return 0;
}

async function* blocks(options) {
  for (const shape of options.shapes) yield* measureShape(shape, options);
}

/** Yields one block of rows for each number of threads. */
async function* measureShape(shape, options) {
  const dataset = openDataset(shape, Math.max(...options.nq));
  const right = truth(dataset, CHECKED, options.k);
  const contestants = [];
  try {
    const skipped = await enter(contestants, dataset, options);
    for (const threads of options.threads) {
      const able = [];
      for (const each of contestants) if (await each.use(threads)) able.push(each);
      const block = { ...shape, k: options.k, threads, rows: [], skipped };
      const known = new Map();
      for (const nq of options.nq) block.rows.push(await measureRow(dataset, able, nq, right, known, options));
      yield block;
    }
  } finally {
    for (const each of contestants) await each.close();
  }
}

/** Adds all contestants, with the data loaded, to a list; gives the reasons why a rival cannot take part. */
async function enter(contestants, dataset, options) {
  for (const variant of options.ours) contestants.push(...(await ours(dataset, variant)));
  const skipped = [];
  for (const name of options.rivals) {
    try {
      contestants.push(...(await rivals[name](dataset, options.threads)));
    } catch (error) {
      skipped.push(`${name}: ${error.message}`);
    }
  }
  return skipped;
}

/** @param {Map<object, number>} known seconds per query of each contestant in the row before */
async function measureRow(dataset, contestants, nq, right, known, options) {
  const { k, limit, seconds } = options;
  const racing = contestants.filter((each) => {
    if (each.ours && each.singleOnly && nq > 1) return false;
    return !(each.limited && known.has(each) && known.get(each) * nq > limit);
  });
  const answers = new Map();
  const work = [];
  for (const each of racing) {
    const answer = await each.answer(nq, k);
    known.set(each, answer.seconds / nq);
    work.push(answer.seconds * Math.min(1, (each.sample ?? nq) / nq));
    answers.set(each, answer.labels);
  }
  const wrong = checkAll(dataset, racing, answers, k, right);

  const calls = callsPerTurn(work);
  const windows = Math.floor(dataset.nq / nq);
  const starts = (round) => Array.from({ length: calls }, (_, call) => ((round * calls + call) % windows) * nq);
  const times = await inTurn(
    racing.map((each) => (round) => each.time(starts(round), nq, k)),
    seconds,
  );
  return { nq, calls, rounds: times[0].length, ...summary(dataset, nq, racing, times, wrong) };
}

function checkAll(dataset, racing, answers, k, right) {
  const wrong = new Map();
  const mine = racing.filter((each) => each.ours);
  for (const our of mine.slice(1)) checkSame(mine[0].setting, answers.get(mine[0]), our.setting, answers.get(our));
  for (const our of mine) {
    const name = `${our.setting} (${dataset.data}, ${dataset.d} × ${dataset.n})`;
    checkAnswers(name, dataset, answers.get(our), k, right);
    for (const each of racing.filter((one) => !one.ours)) {
      wrong.set(each, checkAgainst(name, each.rival, dataset, answers.get(our), answers.get(each), k));
    }
  }
  return wrong;
}

/** Our ways with their rates; of each rival the setting that was faster here, with the ratio to each of our ways. */
function summary({ d, n }, nq, racing, times, wrong) {
  const measured = racing.map((each, i) => ({ each, rounds: times[i], seconds: spread(times[i]) }));
  const mine = measured.filter(({ each }) => each.ours);
  const theirs = measured.filter(({ each }) => !each.ours).toSorted((a, b) => a.seconds.median - b.seconds.median);
  const order = [...new Set(racing.filter((each) => !each.ours).map((each) => each.rival))];
  return {
    ours: mine.map(({ each, rounds, seconds }) => ({
      setting: each.setting,
      seconds,
      gigabytesPerSecond: nq === 1 ? (n * d * 4) / seconds.median / 1e9 : undefined,
      gigaMultiplyAddsPerSecond: (nq * n * d) / seconds.median / 1e9,
      rounds,
    })),
    rivals: order.map((rival) => {
      const { each, rounds, seconds } = theirs.find((one) => one.each.rival === rival);
      return {
        rival,
        version: each.version,
        setting: each.setting,
        seconds,
        ratios: mine.map((our) => ratios(rounds, our.rounds)),
        wrongPlaces: wrong.get(each),
        settings: theirs
          .filter((one) => one.each.rival === rival)
          .map((one) => ({ setting: one.each.setting, seconds: one.seconds, rounds: one.rounds })),
      };
    }),
  };
}

function draw({ machine: { voronode, cpu }, blocks }) {
  const ratioBars = (row) => row.rivals.map(({ rival, ratios: [first] }) => ({ rival, ...first }));
  return chart(
    `Times as fast as each rival: voronode ${voronode}, exact search, ${cpu}`,
    blocks.map((block) => ({
      heading: `${block.d} × ${block.n}, ${block.data}, ${block.metric}, k ${block.k}, threads ${block.threads}`,
      groups: block.rows.map((row) => ({
        label: row.nq === 1 ? '1 query' : `${row.nq} queries`,
        bars: ratioBars(row),
      })),
    })),
  );
}
