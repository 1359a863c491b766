// Readers that each await one search at a time, alone and beside a writer that replaces vectors by the clock: what does it
// cost them? Random vectors are replaced by other ones of the data set, one in a call.
import { setTimeout as sleep } from 'node:timers/promises';
import { inTurn, ratios, spread } from './rounds.mjs';
import { kinds } from './serve_callers.mjs';
import { closedLoop, loopDelayOf, quantilesOf } from './serve_load.mjs';

export const READERS = 50;
/** Wanted: so many replaced in a second cost readers so little of their rate, and so much of their slowest hundredth. */
export const UPSERTS = { wanted: 2000, rate: 0.9, tail: 1.3 };

const EVERY = 5; // milliseconds between two bursts of the writer
const TURN = 1; // seconds of a turn

/** @returns a row for each kind of index with ids */
export async function measureUpserts(dataset, { k, seconds }) {
  const rows = [];
  for (const kind of ['id map', 'ivf']) {
    const index = await kinds[kind](dataset);
    rows.push({ kind, ...(await measureRow(index, dataset, k, seconds)) });
    index.close();
  }
  return rows;
}

async function measureRow(index, { d, n, nq, queries, base }, k, seconds) {
  const ids = await index.ids();
  const search = async (i) => void (await index.search(queries.subarray((i % nq) * d, ((i % nq) + 1) * d), k));
  const any = () => Math.floor(Math.random() * n);
  const upsert = () => {
    const from = any();
    return index.upsert(base.subarray(from * d, (from + 1) * d), ids.subarray(any()).subarray(0, 1));
  };
  const total = await searchesOf(search, Math.min(TURN, seconds));
  const seen = { alone: [], beside: [], upserts: [], rates: [], delays: [] };

  async function alone() {
    const { seconds: each, latencies } = await closedLoop(READERS, total, search);
    seen.alone.push(quantilesOf(latencies));
    return each;
  }
  async function beside() {
    const writer = startWriter(upsert, seen.upserts);
    const { result, delay } = await loopDelayOf(() => closedLoop(READERS, total, search));
    seen.rates.push(await writer.stop());
    seen.beside.push(quantilesOf(result.latencies));
    seen.delays.push(delay);
    return result.seconds;
  }
  const [without, withWriter] = await inTurn([alone, beside], seconds);
  if (index.ntotal !== n) throw new Error(`${index.ntotal} vectors are left of ${n}`);
  return { total, ...summary(seen, without, withWriter) };
}

async function searchesOf(search, seconds) {
  const first = await closedLoop(READERS, 4 * READERS, search);
  return Math.max(4 * READERS, Math.ceil(seconds / first.seconds));
}

/** Replaces so many a second, whatever is still under way. */
function startWriter(upsert, latencies) {
  const begin = performance.now();
  const underWay = [];
  let started = 0;
  const one = async () => {
    const start = performance.now();
    await upsert();
    latencies.push((performance.now() - start) / 1000);
  };
  const timer = setInterval(() => {
    const due = ((performance.now() - begin) / 1000) * UPSERTS.wanted;
    for (; started < due; started++) underWay.push(one());
  }, EVERY);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      const rate = started / ((performance.now() - begin) / 1000);
      await sleep(0);
      return rate;
    },
  };
}

function summary({ alone, beside, upserts, rates, delays }, without, withWriter) {
  const ratio = ratios(without, withWriter);
  const tail = spread(beside.map((quantile, round) => quantile(0.99) / alone[round](0.99)));
  const quantile = quantilesOf(upserts);
  return {
    aloneRate: spread(without.map((seconds) => 1 / seconds)),
    rate: spread(withWriter.map((seconds) => 1 / seconds)),
    ratio,
    tail,
    p99: { alone: spread(alone.map((each) => each(0.99))), beside: spread(beside.map((each) => each(0.99))) },
    upserts: { rate: spread(rates), p50: quantile(0.5), p99: quantile(0.99), worst: quantile(1) },
    loopDelay: spread(delays),
    keepsRate: ratio.median >= UPSERTS.rate,
    keepsTail: tail.median <= UPSERTS.tail,
  };
}
