// Are the answers right? Two checks, both in float64 from the float32 inputs:
//   - against a plain scan, for a few queries of each data set;
//   - against each rival, for every query that the two answer differently.
// Vectors whose distances differ by less than float32 arithmetic can tell may stand in either order. With u = 2^-24, a
// float32 sum of d products, however it is ordered into at least 16 partial sums, is within about u (d/16 + 8) (‖x‖² + ‖y‖²)
// of the truth; four times that is allowed, for two such sums and for Faiss's other formula ‖x‖² + ‖y‖² - 2 x·y.
import { expected } from './expected.mjs';

const U = 2 ** -24;

/** @returns {{ cost: number, scale: number }} cost: smaller is better; scale: ‖x‖² + ‖y‖² */
function compare(dataset, query, id) {
  const { d, base, queries, metric } = dataset;
  const x = query * d;
  const y = id * d;
  let product = 0;
  let difference = 0;
  let scale = 0;
  for (let j = 0; j < d; j++) {
    const a = queries[x + j];
    const b = base[y + j];
    product += a * b;
    difference += (a - b) ** 2;
    scale += a * a + b * b;
  }
  return { cost: metric === 'ip' ? -product : difference, scale };
}

const tolerance = (d, scale) => 4 * U * (d / 16 + 8) * scale;

/** The k smallest costs of a query, ascending, by a plain scan of the vectors that `counts`. */
function scan(dataset, query, k, counts) {
  const { d, n, base, metric } = dataset;
  const x = Float64Array.from(dataset.queries.subarray(query * d, (query + 1) * d));
  const best = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  for (let i = 0, at = 0; i < n; i++, at += d) {
    if (!counts(query, i)) continue;
    let cost = 0;
    if (metric === 'ip') for (let j = 0; j < d; j++) cost -= x[j] * base[at + j];
    else for (let j = 0; j < d; j++) cost += (x[j] - base[at + j]) ** 2;
    if (cost >= best[k - 1]) continue;
    let place = k - 1;
    for (; place > 0 && best[place - 1] > cost; place--) best[place] = best[place - 1];
    best[place] = cost;
  }
  return best;
}

/**
 * Right answers to the first queries of a data set.
 * @param {(query: number, id: number) => boolean} [counts] which vectors a query may find; default: all
 */
export function truth(dataset, count, k, counts = () => true) {
  return Array.from({ length: count }, (_, query) => scan(dataset, query, k, counts));
}

/**
 * @param {number[]} labels the answers to queries 0, 1, …: k each, -1 where fewer are stored
 * @param {Float64Array[]} right from {@link truth}
 * @throws if an answer is wrong
 */
export function checkAnswers(name, dataset, labels, k, right) {
  const stored = Math.min(k, dataset.n);
  for (let query = 0; query * k < labels.length; query++) {
    const row = Array.from({ length: k }, (_, i) => labels[query * k + i]);
    const found = row.slice(0, stored);
    const legal = found.every((id) => Number.isInteger(id) && id >= 0 && id < dataset.n);
    if (!legal || new Set(found).size !== stored || row.slice(stored).some((id) => id !== -1)) {
      throw expected(`${name}, query ${query}: these are not ${stored} ids of the index: ${row}`);
    }
    if (query >= right.length) continue;
    found.forEach((id, i) => {
      const { cost, scale } = compare(dataset, query, id);
      if (cost - right[query][i] <= tolerance(dataset.d, scale)) return;
      throw expected(`${name}, query ${query}, place ${i}: vector ${id} has ${cost}, the right one ${right[query][i]}`);
    });
  }
}

/**
 * Two ways of this library, with sketches and without say, answer alike in every place.
 * @throws {Error} naming the first place where they do not
 */
export function checkSame(name, labels, otherName, otherLabels) {
  const at = labels.findIndex((label, i) => label !== otherLabels[i]);
  if (at >= 0 || labels.length !== otherLabels.length) {
    throw new Error(`${name} and ${otherName} differ at place ${at}: ${labels[at]}, ${otherLabels[at]}`);
  }
}

/**
 * Compares two sets of answers to the same queries: the i-th best of ours with the i-th best of theirs.
 * @returns {number} in how many places theirs are worse than ours
 * @throws if ours are worse in any
 */
export function checkAgainst(name, rival, dataset, ours, theirs, k) {
  let worse = 0;
  for (let query = 0; query * k < Math.min(ours.length, theirs.length); query++) {
    const [mine, other] = [ours, theirs].map((labels) => labels.slice(query * k, (query + 1) * k));
    if (mine.every((id, i) => id === other[i])) continue;
    const [our, their] = [mine, other].map((row) => ranked(dataset, query, row));
    worse += our.length - their.length; // what they named twice or not at all
    for (const [i, { cost, scale }] of their.entries()) {
      const allowed = tolerance(dataset.d, Math.max(our[i].scale, scale));
      if (cost > our[i].cost + allowed) worse++;
      if (our[i].cost <= cost + allowed) continue;
      throw expected(`${name}, query ${query}, place ${i}: ${our[i].cost}, but ${rival} found ${cost}`);
    }
  }
  return worse;
}

function ranked(dataset, query, ids) {
  const legal = [...new Set(ids)].filter((id) => id >= 0 && id < dataset.n);
  return legal.map((id) => compare(dataset, query, id)).sort((a, b) => a.cost - b.cost);
}
