/** Calls that search a subject, in every manner, and what they answer in plain form. */

import { chooseFilter } from './filter.mjs';
import { ODD, vectors } from './random.mjs';

/** A filter, and whether it has a name; often one that an earlier search had. */
function someFilter(subject) {
  const { voronode, random, kind, filters } = subject;
  if (filters.length > 0 && random.oneIn(2)) {
    random.note('filter of an earlier search');
    return random.any(filters);
  }
  const chosen = chooseFilter(voronode, random, subject.names, kind.keyed);
  filters.push(chosen);
  return chosen;
}

/** Queries, most of them ordinary, one often odd; and how to ask. */
export function chooseCall(subject) {
  const { random, kind, style, rows, caps } = subject;
  const { d, nlist } = kind;
  const wanted = random.any([1, 2, 6, 17, 40, 60, 97, 300]);
  const nq = Math.min(wanted, caps.queries, Math.ceil(60000 / (rows.length * d + 1)));
  const queries = vectors(random, style, nq, d);
  for (let q = 0; q < nq && rows.length > 0; q++) {
    if (random.oneIn(2)) queries.set(random.any(rows).x, q * d);
  }
  if (!random.oneIn(3)) queries[random.below(nq * d)] = random.any(ODD);
  const [filter, has] = random.oneIn(2) ? [undefined, () => true] : someFilter(subject);
  const k = random.any([1, 3, 10, 50, rows.length + 5]);
  const nprobe = random.between(1, Math.max(1, nlist) + 1);
  const kFactor = random.any([1, 2, 7]);
  random.note(filter === undefined ? 'no filter' : 'filter');
  random.note(k > rows.length ? 'k: all' : `k: ${k}`);
  // Undefined where an index has no such parameter, and would refuse it.
  const options = { nprobe: nlist > 0 ? nprobe : undefined, kFactor: kind.refined ? kFactor : undefined, filter };
  return { queries, nq, k, options, has };
}

/** What a search found: nq · k names, undefined for padding, with their distances. */
export function plain({ kind }, found) {
  const { distances, nq, k } = found;
  if (!kind.keyed) {
    return { names: Array.from(found.labels, (label) => (label === -1n ? undefined : Number(label))), distances };
  }
  const names = [];
  for (let q = 0; q < nq; q++) {
    const keys = found.keys(q);
    for (let i = 0; i < k; i++) names.push(keys[i]);
  }
  return { names, distances };
}

/** A filter function that is asked about no name twice. */
function askedOnce(has) {
  const asked = new Set();
  return (name) => {
    if (asked.size === asked.add(name).size) throw new Error(`the filter is asked about ${name} again`);
    return has(typeof name === 'string' ? name : Number(name));
  };
}

/** The queries as so many searches at once, which become few; beside each one that wants fewer neighbours. */
async function oneByOne(subject, { queries, k, options, nq }) {
  const d = queries.length / nq;
  const asked = [];
  for (let q = 0; q < nq; q++) {
    const query = queries.subarray(q * d, (q + 1) * d);
    asked.push(subject.index.search(query, k, options));
    subject.index.search(query, 1, options).catch(() => undefined);
  }
  const found = (await Promise.all(asked)).map((one) => plain(subject, one));
  const distances = new Float32Array(nq * k);
  for (const [q, one] of found.entries()) distances.set(one.distances, q * k);
  return { names: found.flatMap(({ names }) => names), distances };
}

/** The same call in every manner at once: merged by the pool, beside aborts, its buffer changed or moved at once. */
export async function answers(subject, call) {
  const { index, random } = subject;
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
  const single = oneByOne(subject, call);
  if (random.oneIn(4)) globalThis.gc?.();
  const byFunction = index.searchSync(queries, k, { ...options, filter: askedOnce(call.has) });
  const found = [index.searchSync(queries, k, options), byFunction, ...(await Promise.all(asked))];
  return [...found.filter((one) => one !== null).map((one) => plain(subject, one)), await single];
}

/** The names that a search of ranges found for query q. */
function namesWithin({ kind }, found, q) {
  if (kind.keyed) return found.keys(q);
  return Array.from(found.labels.subarray(found.lims[q], found.lims[q + 1]), Number);
}

/** All within the distance of some row, a tie; from the answers that name every row. How many searches, or what differs. */
export async function inRange(subject, call, expected) {
  const { index, kind, random } = subject;
  const { queries, options } = call;
  const radius = random.any(random.any(expected).distances.slice(0, 20));
  if (Number.isNaN(radius)) return 0;
  const inside = (distance) => (kind.metric === 'ip' ? distance > radius : distance < radius);
  const within = expected.map(({ names, distances }) =>
    names.map((name, i) => [name, distances[i]]).filter(([name, distance]) => name !== undefined && inside(distance)),
  );
  random.note('range');
  for (const found of [
    index.rangeSearchSync(queries, radius, options),
    index.rangeSearchSync(queries, radius, { ...options, filter: askedOnce(call.has) }),
    await index.rangeSearch(queries, radius, options),
  ]) {
    for (const [q, entries] of within.entries()) {
      const [names, begin] = [namesWithin(subject, found, q), found.lims[q]];
      const same = ([name, distance], i) => names[i] === name && Object.is(found.distances[begin + i], distance);
      if (names.length !== entries.length || !entries.every(same)) return `range ${radius}, query ${q} of ${call.nq}`;
    }
  }
  return 3 * call.nq;
}
