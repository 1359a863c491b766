// Other packages under as many callers: their searches run on the event loop, which stands still meanwhile. In turn with this
// library's exact search.
import { IndexFlat, simdTarget } from 'voronode';
import { checkAgainst } from './check.mjs';
import { packageVersion } from './machine.mjs';
import { blocking } from './rivals/blocking.mjs';
import { inTurn, ratios, spread } from './rounds.mjs';
import { closedLoop, loopDelayOf, quantilesOf } from './serve_load.mjs';

export const CALLERS = 64;

const TURN = 0.2; // seconds
const MOST_WAVES = 200;

/** @returns the rows, this library's first, and the reasons why a rival is not among them */
export async function measurePeers(dataset, { k, seconds, rivals }) {
  const index = new IndexFlat(dataset.d, { metric: dataset.metric });
  await index.add(dataset.base);
  const contestants = [ours(index, dataset)];
  const skipped = [];
  for (const name of rivals) {
    try {
      contestants.push(await blocking[name](dataset));
    } catch (error) {
      skipped.push(`${name}: ${error.message}`);
    }
  }
  const entered = [];
  for (const each of contestants) entered.push(await enter(each, dataset, k));
  const times = await inTurn(
    entered.map(({ turn }) => turn),
    seconds,
  );
  index.close();
  return {
    rows: entered.map((each, i) => summary(each, times[i], { times: times[0], dataset, k, first: entered[0] })),
    skipped,
  };
}

function ours(index, { d, queries }) {
  return {
    rival: 'voronode',
    version: `${packageVersion} (${simdTarget()})`,
    search: async (i, k) => Array.from((await index.search(queries.subarray(i * d, (i + 1) * d), k)).labels, Number),
  };
}

/** A caller comes from the event loop, and the peer then searches in place. */
async function enter({ search, ...names }, { nq }, k) {
  const labels = [];
  const one = async (i) => {
    await new Promise(setImmediate);
    const found = await search(i % nq, k);
    if (i < CALLERS) labels[i] = found;
  };
  const { seconds } = await closedLoop(CALLERS, 2 * CALLERS, one);
  const waves = Math.max(2, Math.min(MOST_WAVES, Math.ceil(TURN / (seconds * CALLERS))));
  const latencies = [];
  const delays = [];
  async function turn() {
    const { result, delay } = await loopDelayOf(() => closedLoop(CALLERS, waves * CALLERS, one));
    latencies.push(...result.latencies);
    delays.push(delay);
    return result.seconds;
  }
  return { ...names, labels, latencies, delays, turn };
}

function summary({ rival, version, note, labels, latencies, delays }, own, { times, dataset, k, first }) {
  const quantile = quantilesOf(latencies);
  const mine = first.labels.flat();
  return {
    rival,
    version,
    note,
    rate: spread(own.map((seconds) => 1 / seconds)),
    latency: { p50: quantile(0.5), p99: quantile(0.99) },
    loopDelay: spread(delays),
    ratio: ratios(own, times),
    wrongPlaces: rival === first.rival ? 0 : checkAgainst('flat', rival, dataset, mine, labels.flat(), k),
    rounds: own,
  };
}
