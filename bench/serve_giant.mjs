// Short searches, one every few milliseconds, alone and beside long work on another index: how much longer do they take, and
// how much longer does the work?
import { setTimeout as sleep } from 'node:timers/promises';
import { IndexFlat } from 'voronode';
import { inTurn, ratios, spread } from './rounds.mjs';
import { Answers, checkSameBits } from './serve_answers.mjs';
import { makeGiants } from './serve_giant_works.mjs';
import { filledLists } from './serve_lists.mjs';
import { loopDelayOf, openLoop, quantilesOf } from './serve_load.mjs';

/** What the design wants: seconds that 99 % of the short searches wait at the most. */
export const LONGEST_WAIT = 2e-3;

/** Milliseconds from one short search to the next. */
export const EVERY = 5;
const LONGEST_PHASE = 1; // seconds
const SHORTEST_PHASE = 0.05;
const ASKED = 1000; // queries of the short searches
const FLAT = 10_000;
const LISTED = 100_000;
const NPROBE = 8;

/** @returns the rows, one for each kind of work and of short search, and the names of works that know no priority */
export async function measureGiants(dataset, { k, seconds }) {
  const { giants, refused, close } = await makeGiants(dataset, k);
  const shorts = await makeShorts(dataset, k);
  const rows = [];
  for (const giant of giants) {
    for (const short of shorts) rows.push(await measureRow(giant, short, seconds));
  }
  for (const { index } of shorts) index.close();
  close();
  return { rows, refused };
}

/** Indexes of the first vectors that answer a query in about 0.1 ms. */
async function makeShorts({ d, n, metric, base, queries }, k) {
  const listed = Math.min(n, LISTED);
  const flat = new IndexFlat(d, { metric });
  await flat.add(base.subarray(0, FLAT * d));
  const nlist = 2 ** Math.floor(Math.log2(Math.sqrt(listed)));
  const first = { d, n: listed, metric, base: base.subarray(0, listed * d) };
  const ivf = await filledLists({ ...first, nlist, nprobe: Math.min(NPROBE, nlist) });
  const asked = (i) => queries.subarray((i % ASKED) * d, ((i % ASKED) + 1) * d);
  const short = (name, index) => {
    const right = new Answers(ASKED, k);
    for (let i = 0; i < ASKED; i++) right.put(i, index.searchSync(asked(i), k));
    return {
      name,
      index,
      search: (i) => index.search(asked(i), k),
      check: (i, found) => checkSameBits(`${name}, a short search`, found, right.at(i % ASKED)),
    };
  };
  return [short(`IVF${nlist} of ${listed}`, ivf), short(`flat of ${flat.ntotal}`, flat)];
}

async function measureRow(giant, short, seconds) {
  const phase = Math.min(LONGEST_PHASE, Math.max(SHORTEST_PHASE, seconds / 3));
  const seen = { alone: [], beside: [], delays: [] };
  await giant.run();

  async function shortsAlone() {
    const latencies = await openLoop(EVERY, short, () => sleep(phase * 1000));
    seen.alone.push(...latencies);
    return quantilesOf(latencies)(0.5);
  }
  async function both() {
    let work;
    const { result, delay } = await loopDelayOf(() =>
      openLoop(EVERY, short, async () => {
        work = await repeated(giant, phase);
      }),
    );
    seen.beside.push(...result);
    seen.delays.push(delay);
    return work;
  }
  const [, alone, beside] = await inTurn([shortsAlone, () => repeated(giant, 0), both], seconds);
  return { giant: giant.name, options: giant.options, short: short.name, ...summary(seen, alone, beside) };
}

/** Runs one work again and again for at least so long; gives the mean seconds of a run. */
async function repeated({ run }, seconds) {
  const end = performance.now() + seconds * 1000;
  let sum = 0;
  let runs = 0;
  do {
    sum += await run();
    runs++;
  } while (performance.now() < end);
  return sum / runs;
}

function summary({ alone, beside, delays }, giantAlone, giantBeside) {
  const usual = quantilesOf(alone)(0.5);
  const quantile = quantilesOf(beside.map((latency) => Math.max(0, latency - usual)));
  const waiting = { p50: quantile(0.5), p99: quantile(0.99), worst: quantile(1) };
  return {
    searches: beside.length,
    alone: { p50: usual, p99: quantilesOf(alone)(0.99) },
    waiting,
    keepsWaiting: waiting.p99 <= LONGEST_WAIT,
    loopDelay: spread(delays),
    giantAlone: spread(giantAlone),
    giantBeside: spread(giantBeside),
    slower: ratios(giantBeside, giantAlone),
    rounds: { giantAlone, giantBeside },
  };
}
