/** Compares searches through Node with the oracle, case after case; a difference throws, and says the seed. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, chooseCall, Random, UNBOUNDED } from './case.mjs';

const voronode = createRequire(import.meta.url)(fileURLToPath(new URL('../../dist/index.js', import.meta.url)));

const SHRINK_MS = 30_000;

function differs(call, found, expected) {
  for (let q = 0; q < call.nq; q++) {
    const [labels, distances] = expected[q];
    for (let i = 0; i < call.k; i++) {
      const at = q * call.k + i;
      if (found.labels[at] === BigInt(labels[i]) && Object.is(found.distances[at], distances[i])) continue;
      return `query ${q} of ${call.nq}, k ${call.k}: place ${i} is ${found.labels[at]} at ${found.distances[at]}, should be ${labels[i]} at ${distances[i]}`;
    }
  }
  return '';
}

/** A filter function that is asked about no id twice. */
function askedOnce(passes) {
  const asked = new Set();
  return (id) => {
    if (asked.size === asked.add(id).size) throw new Error(`the filter is asked about ${id} again`);
    return passes(Number(id));
  };
}

/** The queries as so many searches at once, which become few; beside each one that wants fewer neighbours. */
async function oneByOne(index, { queries, k, options, nq }) {
  const d = queries.length / nq;
  const asked = [];
  for (let q = 0; q < nq; q++) {
    const query = queries.subarray(q * d, (q + 1) * d);
    asked.push(index.search(query, k, options));
    index.search(query, 1, options).catch(() => undefined);
  }
  const found = { labels: new BigInt64Array(nq * k), distances: new Float32Array(nq * k) };
  for (const [q, { labels, distances }] of (await Promise.all(asked)).entries()) {
    found.labels.set(labels, q * k);
    found.distances.set(distances, q * k);
  }
  return found;
}

/** The same call in every manner at once: merged by the pool, beside aborts, its buffer changed or moved at once. */
async function answers(index, call, random) {
  const { queries, k, options } = call;
  const moved = queries.slice();
  const asked = [index.search(moved, k, options)];
  structuredClone(moved, { transfer: [moved.buffer] });
  const overwritten = queries.slice();
  asked.push(index.search(overwritten, k, options));
  overwritten.fill(7);
  asked.push(index.search(queries.slice(), k, { ...options, transfer: true }));
  const controller = new AbortController();
  const aborted = index.search(queries, k, { ...options, signal: controller.signal });
  if (random.oneIn(2)) controller.abort();
  asked.push(aborted.catch((error) => (error.name === 'AbortError' ? null : Promise.reject(error))));
  asked.push(oneByOne(index, call));
  if (random.oneIn(4)) globalThis.gc?.();
  const byFunction = index.searchSync(queries, k, { ...options, filter: askedOnce(call.passes) });
  return [index.searchSync(queries, k, options), byFunction, ...(await Promise.all(asked))].filter(
    (found) => found !== null,
  );
}

/** All within the distance of some row, a tie; from the answers that name every row. How many searches, or what differs. */
async function inRange({ index, kind }, call, expected, random) {
  const { queries, options } = call;
  const radius = random.any(random.any(expected)[1].slice(0, 20));
  if (Number.isNaN(radius)) return 0;
  const inside = (distance) => (kind.metric === 'ip' ? distance > radius : distance < radius);
  const within = expected.map(([labels, distances]) =>
    labels.map((label, i) => [label, distances[i]]).filter(([label, distance]) => label !== -1 && inside(distance)),
  );
  for (const found of [
    index.rangeSearchSync(queries, radius, options),
    index.rangeSearchSync(queries, radius, { ...options, filter: askedOnce(call.passes) }),
    await index.rangeSearch(queries, radius, options),
  ]) {
    for (const [q, entries] of within.entries()) {
      const [begin, end] = [found.lims[q], found.lims[q + 1]];
      const same = ([label, distance], i) =>
        found.labels[begin + i] === BigInt(label) && Object.is(found.distances[begin + i], distance);
      if (end - begin !== entries.length || !entries.every(same)) return `range ${radius}, query ${q} of ${call.nq}`;
    }
  }
  return 3 * call.nq;
}

/** Thrown for an answer that is wrong. */
class Difference extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** Of a call with a query of which a transform would make infinity. */
function expectRefused({ index, kind }, { queries, k, options }) {
  try {
    index.searchSync(queries, k, options);
  } catch (error) {
    if (error.code === 'ERR_OUT_OF_RANGE') return;
    throw error;
  }
  throw new Difference(kind, `${kind.description}: a query beyond what can be transformed was not refused`);
}

/** How many searches were compared, of one seed. */
export async function runCase(seed, caps = UNBOUNDED) {
  const random = new Random(seed);
  if (random.oneIn(16)) voronode.setThreads(random.any([1, 2, 4, 8]));
  const subject = build(voronode, random, caps);
  if (subject === null) return 0;
  let compared = 0;
  for (let calls = random.between(1, 4); calls > 0; calls--) {
    const call = chooseCall(voronode, random, subject, caps);
    const y = subject.searchedAs(call.queries);
    if (y === null) {
      expectRefused(subject, call);
      continue;
    }
    const how = { nprobe: call.options.nprobe, kFactor: call.options.kFactor, passes: call.passes };
    const expected = Array.from({ length: call.nq }, (_, q) => subject.oracle.search(call.queries, y, q, call.k, how));
    const fail = (difference) => {
      const { description, metric, d } = subject.kind;
      const what = `${description} (${metric}), d ${d}, ${subject.oracle.rows.length} rows`;
      throw new Difference(subject.kind, `seed ${seed}: ${what}: ${difference}`);
    };
    for (const found of await answers(subject.index, call, random)) {
      const difference = differs(call, found, expected);
      if (difference) fail(difference);
      compared += call.nq;
    }
    if (call.k < subject.oracle.rows.length || subject.kind.refined) continue;
    const ranges = await inRange(subject, call, expected, random);
    if (typeof ranges === 'string') fail(ranges);
    compared += ranges;
  }
  return compared;
}

/** The smallest case of the same kind that fails, too, found within some seconds; else undefined. */
async function smaller(kind, seed) {
  const end = performance.now() + SHRINK_MS;
  for (const rows of [1, 16, 17, 64, 65, 80, 128, 212, 300]) {
    for (const queries of [1, 2, 6, 40]) {
      for (let i = 0; i < 30 && performance.now() < end; i++) {
        try {
          await runCase(seed + i, { kind, rows, queries });
        } catch (error) {
          return error;
        }
      }
    }
  }
  return undefined;
}

export async function run(seconds, seed, log) {
  const end = performance.now() + seconds * 1000;
  let [cases, compared] = [0, 0];
  do {
    log(seed + cases);
    try {
      compared += await runCase(seed + cases++);
    } catch (error) {
      const small = error instanceof Difference ? await smaller(error.kind, seed) : undefined;
      if (small) error.message += `\nsmaller: ${small.message}`;
      throw error;
    }
  } while (performance.now() < end);
  return { simd: voronode.simdTarget(), cases, compared };
}
