// Many callers, each awaiting one search at a time, against one call that has as many queries. Both search the same queries in
// turn, and must answer them with the same bits.
import { IndexFlat, IndexIDMap } from 'voronode';
import { inTurn, ratios, spread } from './rounds.mjs';
import { Answers, checkSameBits } from './serve_answers.mjs';
import { filledLists } from './serve_lists.mjs';
import { closedLoop, loopDelayOf, quantilesOf } from './serve_load.mjs';

/** What the design wants: of the rate of one call from so many callers on; of the latencies at so many callers. */
export const GOALS = { rate: 0.85, from: 64, tail: 2.5, at: 64 };

const TURN = 0.2; // seconds, of the faster of the two
const LONGEST_TURN = 3;
const FEWEST_WAVES = 4; // searches of each caller in a turn
const MOST_WAVES = 2000;
const FIRST_ID = 1_000_000_000;

/** By name: functions that make the index from a data set. */
export const kinds = {
  async flat({ d, metric, base }) {
    const index = new IndexFlat(d, { metric });
    await index.add(base);
    return index;
  },
  ivf: filledLists,
  async 'id map'({ d, n, metric, base }) {
    const index = new IndexIDMap(new IndexFlat(d, { metric }));
    await index.addWithIds(
      base,
      BigInt64Array.from({ length: n }, (_, i) => BigInt(FIRST_ID + i)),
    );
    return index;
  },
};

/** @returns a row for each kind of index and number of callers */
export async function measureCallers(dataset, { nq, k, seconds }) {
  const rows = [];
  for (const [kind, make] of Object.entries(kinds)) {
    const index = await make(dataset);
    for (const callers of nq) rows.push(await measureRow({ kind, index, callers, k }, dataset, seconds));
    index.close();
  }
  return rows;
}

async function measureRow({ kind, index, callers, k }, dataset, seconds) {
  const { d, queries } = dataset;
  const search = (first, count) => index.search(queries.subarray(first * d, (first + count) * d), k);
  const waves = await wavesOf(search, callers, seconds);
  const total = waves * callers;
  const windows = Math.floor(dataset.nq / callers);
  const [apart, together] = [new Answers(total, k), new Answers(total, k)];
  const seen = { latencies: [], delays: [], compared: 0 };
  const firstOf = (round, wave) => ((round * waves + wave) % windows) * callers;

  async function callersTurn(round) {
    const one = async (i) => apart.put(i, await search(firstOf(round, Math.floor(i / callers)) + (i % callers), 1));
    const { result, delay } = await loopDelayOf(() => closedLoop(callers, total, one));
    seen.latencies.push(result.latencies);
    seen.delays.push(delay);
    return result.seconds;
  }
  async function callTurn(round) {
    const one = async (wave) => together.put(wave * callers, await search(firstOf(round, wave), callers));
    const { result } = await loopDelayOf(() => closedLoop(1, waves, one)); // what watches the loop costs both alike
    checkSameBits(`${kind}, callers: ${callers}`, apart, together);
    seen.compared += together.count;
    return result.seconds / callers;
  }
  const [theirs, one] = await inTurn([callersTurn, callTurn], seconds);
  return { kind, callers, waves, ...summary(callers, theirs, one, seen) };
}

/** How many searches each caller makes in a turn: so many that the faster way is timed for long enough. */
async function wavesOf(search, callers, seconds) {
  await search(0, callers);
  const begin = performance.now();
  await search(0, callers);
  const call = (performance.now() - begin) / 1000;
  const apart = await closedLoop(callers, 2 * callers, (i) => search(i % callers, 1));
  const wanted = Math.ceil(Math.min(TURN, seconds) / call);
  const allowed = Math.floor(LONGEST_TURN / (apart.seconds * callers));
  return Math.max(FEWEST_WAVES, Math.min(MOST_WAVES, wanted, allowed));
}

function summary(callers, theirs, one, { latencies, delays, compared }) {
  const quantile = quantilesOf(latencies.flatMap((each) => Array.from(each)));
  const latency = { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999) };
  const ratio = ratios(one, theirs);
  return {
    rate: spread(theirs.map((seconds) => 1 / seconds)),
    latency,
    loopDelay: spread(delays),
    oneCallRate: spread(one.map((seconds) => 1 / seconds)),
    ratio,
    compared,
    keepsRate: callers < GOALS.from ? undefined : ratio.median >= GOALS.rate,
    keepsTail: callers !== GOALS.at ? undefined : latency.p99 <= GOALS.tail * latency.p50,
    rounds: { callers: theirs, oneCall: one },
  };
}
