/** Compares searches through Node with the oracle, case after case; a difference throws, and says the seed. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { answers, chooseCall, inRange, plain } from './calls.mjs';
import { change, fill } from './history.mjs';
import { Random } from './random.mjs';
import { Difference, Subject, UNBOUNDED } from './subject.mjs';

const voronode = createRequire(import.meta.url)(fileURLToPath(new URL('../../dist/index.js', import.meta.url)));

const SHRINK_MS = 30_000;

/** A name as messages have it. */
const shown = (name) =>
  typeof name === 'string' ? JSON.stringify(name.length > 20 ? `${name.slice(0, 6)}…${name.slice(-8)}` : name) : name;

/** Of nq · k names and distances those that are not what they should be; '' if there are none. */
function differs({ nq, k }, found, expected) {
  for (let at = 0; at < nq * k; at++) {
    const [q, i] = [Math.floor(at / k), at % k];
    const { names, distances } = expected[q];
    if (found.names[at] === names[i] && Object.is(found.distances[at], distances[i])) continue;
    const is = `${shown(found.names[at])} at ${found.distances[at]}`;
    return `query ${q} of ${nq}, k ${k}: place ${i} is ${is}, should be ${shown(names[i])} at ${distances[i]}`;
  }
  return '';
}

/** Of a call with a query of which a transform would make infinity. */
function expectRefused(subject, { queries, k, options }) {
  try {
    subject.index.searchSync(queries, k, options);
  } catch (error) {
    if (error.code === 'ERR_OUT_OF_RANGE') return;
    throw error;
  }
  subject.fail('a query beyond what can be transformed was not refused');
}

/** What the oracle answers. The names are those of now: rows change them. */
function expectedOf(subject, { queries, nq, k, options, has }, y) {
  const { nprobe, kFactor } = options;
  const how = { nprobe, kFactor, passes: ({ name }) => has(name) };
  return Array.from({ length: nq }, (_, q) => {
    const { rows, distances } = subject.oracle.search(queries, y, q, k, how);
    return { names: rows.map((row) => row?.name), distances };
  });
}

/** How many searches were compared. */
async function compare(subject) {
  const call = chooseCall(subject);
  const y = subject.searchedAs(call.queries);
  if (y === null) {
    expectRefused(subject, call);
    return 0;
  }
  const expected = expectedOf(subject, call, y);
  let compared = 0;
  for (const found of await answers(subject, call)) {
    const difference = differs(call, found, expected);
    if (difference) subject.fail(difference);
    compared += call.nq;
  }
  if (call.k < subject.rows.length || subject.kind.refined) return compared;
  const ranges = await inRange(subject, call, expected);
  if (typeof ranges === 'string') subject.fail(ranges);
  return compared + ranges;
}

/** Searches beside a change: each finds what was there before, or what is there afterwards. */
async function changeMeanwhile(subject) {
  const call = chooseCall(subject);
  const y = subject.searchedAs(call.queries);
  if (y === null) return await change(subject);
  const before = expectedOf(subject, call, y);
  const searches = Array.from({ length: 3 }, () => subject.index.search(call.queries, call.k, call.options));
  const [found] = await Promise.all([Promise.all(searches), change(subject)]);
  const after = expectedOf(subject, call, y);
  for (const one of found) {
    const answer = plain(subject, one);
    const [old, now] = [before, after].map((expected) => differs(call, answer, expected));
    if (old && now) subject.fail(`beside the last change: ${old}, or ${now}`);
  }
  subject.random.note('searches beside a change');
}

/** How many searches were compared, of one seed. `caps`: what bounds it; `notes`: a Map in which is counted what is drawn. */
export async function runCase(seed, caps = UNBOUNDED, notes = undefined) {
  const random = new Random(seed, notes);
  if (random.oneIn(16)) voronode.setThreads(random.any([1, 2, 4, 8]));
  const subject = Subject.make(voronode, random, caps);
  if (subject === null) return 0;
  let compared = 0;
  try {
    await fill(subject);
    for (let changes = random.below(4); changes > 0; changes--) await change(subject);
    for (let calls = random.between(1, 4); calls > 0; calls--) {
      compared += await compare(subject);
      if (random.oneIn(2)) await (random.oneIn(2) ? changeMeanwhile(subject) : change(subject));
    }
  } catch (error) {
    error.message = `seed ${seed}: ${subject.describe()}: ${error.message}`;
    throw error;
  }
  subject.index.close();
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
