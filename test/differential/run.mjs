/**
 * Compares searches through Node with the oracle: node --expose-gc test/differential/run.mjs <seconds> <seed> [one].
 * With `one` the case of this seed alone. Prints a JSON line of what was compared; a difference throws, and says the seed.
 */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, chooseCall, Random, searchedAs } from './case.mjs';

const voronode = createRequire(import.meta.url)(fileURLToPath(new URL('../../dist/index.js', import.meta.url)));

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

/** The same call in every manner at once: merged by the pool, beside aborts, its buffer changed or moved at once. */
async function answers(index, call, random) {
  const { queries, k, options } = call;
  const moved = queries.slice();
  const asked = [index.search(moved, k, options)];
  structuredClone(moved, { transfer: [moved.buffer] });
  const overwritten = queries.slice();
  asked.push(index.search(overwritten, k, options));
  overwritten.fill(7);
  const controller = new AbortController();
  const aborted = index.search(queries, k, { ...options, signal: controller.signal });
  if (random.oneIn(2)) controller.abort();
  asked.push(aborted.catch((error) => (error.name === 'AbortError' ? null : Promise.reject(error))));
  if (random.oneIn(4)) globalThis.gc?.();
  return [index.searchSync(queries, k, options), ...(await Promise.all(asked))].filter((found) => found !== null);
}

/** How many searches were compared, of one seed. */
export async function runCase(seed) {
  const random = new Random(seed);
  if (random.oneIn(16)) voronode.setThreads(random.any([1, 2, 4, 8]));
  const subject = build(voronode, random);
  if (subject === null) return 0;
  let compared = 0;
  for (let calls = random.between(1, 4); calls > 0; calls--) {
    const call = chooseCall(voronode, random, subject);
    const y = searchedAs(voronode, subject.kind, call.queries);
    const how = { nprobe: call.options.nprobe, kFactor: call.options.kFactor, passes: call.passes };
    const expected = Array.from({ length: call.nq }, (_, q) =>
      subject.oracle.search(call.queries, y, q * subject.kind.d, call.k, how),
    );
    for (const found of await answers(subject.index, call, random)) {
      const difference = differs(call, found, expected);
      if (difference) {
        const { description, metric, d } = subject.kind;
        throw new Error(
          `seed ${seed}: ${description} (${metric}), d ${d}, ${subject.oracle.rows.length} rows: ${difference}`,
        );
      }
      compared += call.nq;
    }
  }
  return compared;
}

export async function run(seconds, seed, log = () => {}) {
  const end = performance.now() + seconds * 1000;
  let [cases, compared] = [0, 0];
  do {
    log(seed + cases);
    compared += await runCase(seed + cases++);
  } while (performance.now() < end);
  return { simd: voronode.simdTarget(), cases, compared };
}
