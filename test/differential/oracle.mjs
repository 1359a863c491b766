/**
 * What a search must answer, from the definitions alone: the distance of native/kernels/kernels.h in exact float32
 * arithmetic, a scan of every row, a full sort. Numbers of JavaScript are doubles, so that a product of two floats is
 * exact; the sum with a third is rounded to odd before it is rounded to a float, which gives what one rounding gives
 * (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
 */

const f64 = new Float64Array(1);
const words = new Uint32Array(f64.buffer); // little-endian: the low word first
const lanes = new Float64Array(16);

/** a · b + c, rounded once to a float32; all three are float32. */
export function fma(a, b, c) {
  const product = a * b;
  const sum = product + c;
  const part = sum - product;
  const error = product - (sum - part) + (c - part);
  if (error === 0 || !Number.isFinite(sum)) return Math.fround(sum);
  f64[0] = sum;
  if ((words[0] & 1) === 0) {
    // Even and not exact: the neighbour on the side of the exact sum is odd.
    if (error > 0 === sum > 0) {
      words[0] |= 1;
    } else {
      if (words[0] === 0) words[1] -= 1;
      words[0] -= 1;
    }
  }
  return Math.fround(f64[0]);
}

/** What a step makes of a lane of kernels.h, a and b being components of the two vectors. */
const STEPS = {
  l2: (a, b, lane) => fma(Math.fround(a - b), Math.fround(a - b), lane),
  ip: (a, b, lane) => fma(a, b, lane),
  l1: (a, b, lane) => Math.fround(lane + Math.abs(Math.fround(a - b))),
  linf: (a, b, lane) => Math.max(lane, Math.abs(Math.fround(a - b))),
};

/** Whether larger is nearer. */
const isSimilarity = (metric) => metric === 'ip';

/** The key of kernels.h of two vectors at these offsets: ‖x - y‖², -x·y, Σ |x - y| or max |x - y|; smaller is nearer. */
export function key(metric, x, at, y, from, d) {
  lanes.fill(0);
  for (let j = 0; j < Math.ceil(d / 16) * 16; j++) {
    const a = j < d ? x[at + j] : 0;
    const b = j < d ? y[from + j] : 0;
    lanes[j % 16] = STEPS[metric](a, b, lanes[j % 16]);
  }
  if (metric === 'linf') return Math.max(...lanes);
  for (let half = 8; half >= 1; half /= 2) {
    for (let l = 0; l < half; l++) lanes[l] = Math.fround(lanes[l] + lanes[l + half]);
  }
  return isSimilarity(metric) ? -lanes[0] : lanes[0];
}

/** Smaller keys first, NaN last, ties by the smaller label. */
export function nearer(a, b) {
  if (Number.isNaN(a.key) !== Number.isNaN(b.key)) return Number.isNaN(a.key) ? 1 : -1;
  if (a.key !== b.key && !Number.isNaN(a.key)) return a.key < b.key ? -1 : 1;
  return a.label < b.label ? -1 : a.label > b.label ? 1 : 0;
}

const PADDING = 3.4028234663852886e38;

/**
 * An index as rows. `rows`: { name (by which callers know it), label (which decides between equal distances), y (as it is
 * searched), x (as it came), z (as a refinement keeps it), list }; `centroids`: null, or nlist × searchedD. `refined`:
 * candidates by y, order by z. `cosine`: what is reported lies in [-1, 1].
 */
export class Oracle {
  constructor({ metric, d, searchedD, centroids, refined, cosine }) {
    Object.assign(this, { metric, d, searchedD, centroids, refined, cosine });
    this.rows = [];
  }

  nearestLists(y, at, nprobe) {
    const all = [];
    for (let l = 0; l < this.centroids.length / this.searchedD; l++) {
      all.push({ key: key(this.metric, y, at, this.centroids, l * this.searchedD, this.searchedD), label: l });
    }
    return all.sort(nearer).slice(0, nprobe);
  }

  /** Rows by what is searched: `position` breaks ties where candidates are refined, the label elsewhere. */
  #candidates(y, at, { nprobe, passes }) {
    const visited = this.centroids && new Set(this.nearestLists(y, at, nprobe).map(({ label }) => label));
    const found = [];
    for (const [position, row] of this.rows.entries()) {
      if ((visited && !visited.has(row.list)) || !passes(row)) continue;
      const label = this.refined ? position : row.label;
      found.push({ key: key(this.metric, y, at, row.y, 0, this.searchedD), label, row });
    }
    return found.sort(nearer);
  }

  #refine(candidates, x, at) {
    for (const found of candidates) {
      found.key = key(this.metric, x, at, found.row.z, 0, this.d);
      found.label = found.row.label;
    }
    return candidates.sort(nearer);
  }

  #distance(found) {
    const distance = isSimilarity(this.metric) ? -found.key : found.key;
    return this.cosine ? Math.min(1, Math.max(-1, distance)) : distance;
  }

  /** { rows, distances } of query q: x as they came, y as they are searched; undefined for a row that is padding. */
  search(x, y, q, k, call) {
    const at = q * this.d;
    let found = this.#candidates(y, q * this.searchedD, call);
    if (this.refined)
      found = this.#refine(found.slice(0, Math.max(k, Math.floor(Math.fround(k * call.kFactor)))), x, at);
    const padding = isSimilarity(this.metric) ? -PADDING : PADDING;
    const places = Array.from({ length: k }, (_, i) => found[i]);
    return {
      rows: places.map((one) => one?.row),
      distances: places.map((one) => (one ? this.#distance(one) : padding)),
    };
  }
}
