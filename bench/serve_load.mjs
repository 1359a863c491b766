// How a service is loaded: callers that wait for each answer before they ask again, or requests that come by the clock.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * So many callers, each of which awaits one search before it starts the next.
 * @param {number} total searches of all callers together, more than callers
 * @param {(i: number) => Promise<void>} search the i-th of them
 * @returns {Promise<{ seconds: number, latencies: Float64Array }>} seconds per search while every caller had one under way,
 *   that is until the last search was started: what comes then has fewer callers. Latencies in seconds, of all
 */
export async function closedLoop(callers, total, search) {
  const latencies = new Float64Array(total);
  let next = 0;
  let lastStart = 0;
  const caller = async () => {
    while (next < total) {
      const i = next++;
      const start = performance.now();
      lastStart = start;
      await search(i);
      latencies[i] = (performance.now() - start) / 1000;
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  return { seconds: (lastStart - begin) / 1000 / (total - callers), latencies };
}

/**
 * Starts a search now and one at each tick of a timer until some work is done, whether or not those before have come back:
 * requests do not wait for each other.
 * @param {number} every milliseconds
 * @param {{ search: (i: number) => Promise<unknown>, check: (i: number, found: unknown) => void }} requests what the i-th
 *   does, and a look at its answer, which is not timed
 * @param {() => Promise<void>} work
 * @returns {Promise<number[]>} latencies in seconds
 */
export async function openLoop(every, { search, check }, work) {
  const latencies = [];
  const underWay = [];
  const start = async (i) => {
    const begin = performance.now();
    const found = await search(i);
    latencies.push((performance.now() - begin) / 1000);
    check(i, found);
  };
  const failures = [];
  const tick = () => underWay.push(start(underWay.length).catch((error) => failures.push(error)));
  tick();
  const timer = setInterval(tick, every);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await Promise.all(underWay);
  }
  if (failures.length > 0) throw failures[0];
  return latencies;
}

const RESOLUTION = 1; // milliseconds; Node counts them as a part of the delay

/** For how long the event loop did not come round while something ran: 99.9 % of the delays were shorter; and the worst. */
export async function loopDelayOf(run) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  const result = await run();
  // A delay is counted by a timer of the histogram's; one that is due later comes after it. An immediate may come before it.
  await sleep(2 * RESOLUTION);
  histogram.disable();
  const seconds = (nanoseconds) => (histogram.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - RESOLUTION / 1000));
  return { result, delay: seconds(histogram.percentile(99.9)), worst: seconds(histogram.max) };
}

/** @returns {(share: number) => number} the value below which so large a share of the values lies, by the nearest rank */
export function quantilesOf(values) {
  const sorted = Float64Array.from(values).sort();
  return (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
