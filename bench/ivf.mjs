// How fast are inverted files, against Faiss's? Both train with the same vectors, have as many lists and visit as many; all
// run in turn in one run, and what counts is the ratio of times within a round. See docs/benchmarks.md.
import { checkAnswers, truth } from './check.mjs';
import { compareCurves, measureCurves } from './curve.mjs';
import { openDataset } from './data.mjs';
import { expected } from './expected.mjs';
import { measureMemory } from './ivf_memory.mjs';
import { draw, legend, renderBlock } from './ivf_report.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { assign, CHECKED, exactAnswers, objective, recall } from './recall.mjs';
import { report } from './report.mjs';
import { compressed, faissSides } from './rivals/faiss_ivf.mjs';
import { ourSide } from './rivals/ours_ivf.mjs';
import { callsPerTurn, inTurn, ratios, spread } from './rounds.mjs';

/** Training vectors a list: the most that Faiss and we use. More would be sampled, by each in its own way. */
const POINTS = 256;
const BATCH = 100_000; // vectors added in a call

export async function main(args) {
  const options = readOptions('ivf', args);
  if (options === undefined) return 0;
  const shapes = withLists(options);
  const results = { machine: machine(), command: options.command, k: options.k, blocks: [] };
  const head = [describe(results.machine), legend(options)];
  const drawn = () => ({ svg: draw(results), caption: 'Recall against queries per second' });
  await report('ivf', options, { results, head, render: renderBlock, drawn }, blocks(shapes, options));
  return 0;
}

async function* blocks(shapes, options) {
  for (const shape of shapes) yield* measureShape(shape, options);
}

/** The shapes with their nlist: about √n if nothing else is asked for. */
function withLists({ shapes, nlist, k }) {
  if (nlist !== undefined && nlist.length !== 1 && nlist.length !== shapes.length) {
    throw expected(`--nlist takes one number, or one for each of the ${shapes.length} sets of vectors`);
  }
  return shapes.map((shape, i) => {
    const lists = nlist?.[i] ?? nlist?.[0] ?? 2 ** Math.round(Math.log2(Math.sqrt(shape.n)));
    if (shape.n < Math.max(k, lists)) throw expected(`n = ${shape.n} is less than k = ${k} or nlist = ${lists}`);
    return { ...shape, nlist: lists };
  });
}

/** Yields one block for each number of threads. */
async function* measureShape(shape, options) {
  const { k, parts } = options;
  const dataset = openDataset(shape, Math.max(...options.nq));
  const exact = exactAnswers(dataset, k);
  const plan = { sample: Math.min(shape.n, POINTS * shape.nlist), batch: BATCH };
  for (const threads of options.threads) {
    const sides = [ourSide(dataset, shape.nlist, threads)];
    try {
      const skipped = await enter(sides, dataset, shape.nlist, threads, options);
      const block = { ...shape, k, threads, versions: sides.map(({ version }) => version), skipped };
      if (parts.includes('build')) block.build = await measureBuild(sides, plan, dataset, options);
      else for (const side of sides) await side.build(plan);
      if (parts.includes('search')) {
        block.rows = await measureRows(sides, dataset, options);
        block.recalls = await measureRecalls(sides, dataset, exact, options);
      }
      if (parts.includes('curve')) block.curves = await measureCurve(sides, plan, dataset, exact, options);
      if (block.curves) block.equal = compareCurves(block.curves);
      if (parts.includes('memory') && threads === options.threads[0]) {
        block.memory = measureMemory(dataset, await sides[0].centroids());
      }
      yield block;
    } finally {
      for (const side of sides) await side.close();
    }
  }
}

async function enter(sides, dataset, nlist, threads, { rivals }) {
  if (!rivals.includes('faiss')) return ['faiss: not wanted'];
  try {
    sides.push(...(await faissSides(dataset, nlist, threads)));
    return [];
  } catch (error) {
    return [`faiss: ${error.message}`];
  }
}

async function measureBuild(sides, plan, dataset, { seconds }) {
  const rounds = await inTurn(
    sides.map((side) => () => side.build(plan)),
    seconds,
  );
  const steps = ['train', 'add'].map((step) => {
    const [ours, ...theirs] = sides.map(({ setting }, i) => {
      const times = rounds[i].map((round) => round[step]);
      return { setting, seconds: spread(times), rounds: times };
    });
    const best = theirs.toSorted((a, b) => a.seconds.median - b.seconds.median)[0];
    return { step, ours, settings: theirs, faiss: best && { ...best, ratio: ratios(best.rounds, ours.rounds) } };
  });
  const sample = dataset.base.subarray(0, plan.sample * dataset.d);
  const objectives = [];
  for (const side of sides.slice(0, 2)) objectives.push(objective(dataset, await side.centroids(), sample));
  return { sample: plan.sample, batch: plan.batch, steps, objectives };
}

/** One row for each number of lists and of queries in a call. */
async function measureRows(sides, dataset, options) {
  const rows = [];
  const ways = sides.flatMap((side) => side.ways);
  const listOf = assign(dataset, await sides[0].centroids(), dataset.base).labels;
  for (const nprobe of options.nprobe) {
    for (const way of ways) way.probe(nprobe);
    const visited = await visitedLists(sides[0], nprobe, dataset.nq);
    const right = truth(dataset, CHECKED, options.k, (query, id) => visited[query].has(listOf[id]));
    for (const nq of options.nq) rows.push({ nprobe, ...(await measureRow(ways, dataset, nq, right, options)) });
  }
  return rows;
}

async function visitedLists(side, nprobe, nq) {
  const lists = await side.lists(nprobe);
  return Array.from(
    { length: CHECKED },
    (_, i) => new Set(lists.subarray((i * lists.length) / nq, ((i + 1) * lists.length) / nq)),
  );
}

async function measureRow(ways, dataset, nq, right, { k, seconds }) {
  const racing = ways.filter((way) => !(way.singleOnly && nq > 1));
  const work = [];
  for (const way of racing) {
    const answer = await way.answer(nq, k);
    work.push(answer.seconds);
    // Four queries of one call, or the first alone: exactly what a float64 scan of the same lists finds.
    if (way.ours) checkAnswers(way.setting, dataset, answer.labels.slice(0, CHECKED * k), k, right);
  }
  const calls = callsPerTurn(work);
  const windows = Math.floor(dataset.nq / nq);
  const starts = (round) => Array.from({ length: calls }, (_, call) => ((round * calls + call) % windows) * nq);
  const times = await inTurn(
    racing.map((way) => (round) => way.time(starts(round), nq, k)),
    seconds,
  );
  const measured = racing.map((way, i) => ({ way, seconds: spread(times[i]), rounds: times[i] }));
  const theirs = measured.filter(({ way }) => !way.ours).toSorted((a, b) => a.seconds.median - b.seconds.median);
  const plain = ({ way, ...rest }) => ({ setting: way.setting, ...rest });
  return {
    nq,
    calls,
    ours: measured
      .filter(({ way }) => way.ours)
      .map((our) => ({ ...plain(our), ratio: theirs[0] && ratios(theirs[0].rounds, our.rounds) })),
    faiss: theirs[0] && plain(theirs[0]),
    settings: theirs.map(plain),
  };
}

/** What is found, and among how many vectors; ours, and Faiss's if it takes part. */
async function measureRecalls(sides, dataset, exact, { k, nprobe }) {
  const rows = [];
  for (const lists of nprobe) {
    const both = [];
    for (const side of sides.slice(0, 2)) {
      const [way] = side.ways;
      way.probe(lists);
      const { labels } = await way.answer(dataset.nq, k);
      both.push({ recall: recall(labels, exact, k), scanned: (await side.scanned(lists)) / dataset.n });
    }
    rows.push({ nprobe: lists, ours: both[0], faiss: both[1] });
  }
  return rows;
}

/** All queries in one call. Faiss's inverted files with float32 rows and with codes, in its faster process. */
async function measureCurve(sides, plan, dataset, exact, { k, seconds }) {
  const contestants = [sides[0].ways[0]];
  const rival = await fastest(sides.slice(1), dataset.nq, k);
  if (rival !== undefined) {
    contestants.push(rival.ways[0]);
    for (const kind of compressed(dataset.d)) contestants.push(...(await rival.compressed(kind, plan)));
  }
  return measureCurves(contestants, { nlist: dataset.nlist, nq: dataset.nq, k, exact, seconds: seconds / 4 });
}

async function fastest(sides, nq, k) {
  const times = [];
  for (const { ways } of sides) {
    ways[0].probe(16);
    await ways[0].answer(nq, k);
    times.push((await ways[0].answer(nq, k)).seconds);
  }
  return sides[times.indexOf(Math.min(...times))];
}
