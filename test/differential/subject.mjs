/** An index with its oracle, both from one seed: how they come to be, and what is known of their rows. */

import { chooseKind } from './kind.mjs';
import { Oracle } from './oracle.mjs';
import { STYLES, vectors } from './random.mjs';

/** No bounds for what a case may be. */
export const UNBOUNDED = { rows: Number.POSITIVE_INFINITY, queries: Number.POSITIVE_INFINITY };

const SIZES = [1, 16, 17, 63, 64, 65, 80, 127, 128, 143, 212, 286, 400];
/** From 1024 on flat indexes have sketches, and blocks of rows stay in a mapped file. */
const MANY = [1024, 1300, 1300, 2600];
const MOST = 4000;

/** Errors of vectors of which nothing can be learned, or which cannot be transformed or coded. */
const REFUSALS = ['ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_VALUE'];

/** Thrown for an answer that is wrong. */
export class Difference extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

export class Subject {
  /** What was done to it, in words. */
  history = [];
  /** Filters that searches had, with what they have: for later ones. */
  filters = [];
  /** Keys of rows that went. */
  gone = [];
  #next = 0;

  /** null where nothing can be learned from the vectors. */
  static make(voronode, random, caps) {
    const kind = caps.kind ?? chooseKind(voronode, random);
    try {
      return new Subject({ voronode, random, caps, kind });
    } catch (error) {
      if (isRefusal(kind, error)) return null;
      throw error;
    }
  }

  constructor(given) {
    Object.assign(this, given);
    const { voronode, random } = given;
    this.style = random.any(STYLES);
    const { d, nlist } = this.kind;
    const n = this.someRows();
    this.first = vectors(random, this.style, n, d);
    const sample = n < nlist + 40 ? vectors(random, this.style, nlist + 40, d) : this.first;
    this.#make(sample);
    this.searchedAs = transformer(voronode, this.kind, sample);
    this.empty = voronode.serializeIndexSync(this.index);
    this.oracle = oracleOf(this.shadow, this.kind);
  }

  /** `shadow` never has but what is put in last, from number 0 on. */
  #make(sample) {
    const { voronode, random } = this;
    const { d, metric, plain, description, keyed } = this.kind;
    for (const name of ['d', 'metric', 'nlist', 'code', 'refined', 'map', 'names'])
      random.note(`${name} ${this.kind[name]}`);
    const trained = (index) => {
      if (!index.isTrained) index.trainSync(sample);
      return index;
    };
    this.shadow = trained(voronode.indexFactory(d, plain, metric));
    this.index = voronode.indexFactory(d, description, metric);
    if (keyed) this.index = new voronode.IndexKeyMap(random.oneIn(2) ? trained(this.index) : this.index);
    trained(this.index);
  }

  get rows() {
    return this.oracle.rows;
  }

  get names() {
    return this.rows.map(({ name }) => name);
  }

  someRows() {
    const { random, kind, caps } = this;
    const wanted =
      kind.nlist === 0 && random.oneIn(2) ? random.any(MANY) : random.any(SIZES) + random.oneIn(2) * random.any(SIZES);
    return Math.min(wanted, caps.rows, Math.max(0, MOST - (this.oracle?.rows.length ?? 0)));
  }

  /** The n-th of all names; keys of one, two and three bytes of length. */
  #nameOf(n) {
    if (this.kind.names === 'ids') return n % 2 === 0 ? 2 * n + 3 : -n - 10;
    if (n === 1) return '';
    if (n % 400 === 7) return `${n}`.padStart(16_384, 'z');
    return [`${n}`, `é${n}`, `k${n}`, `🔑${n}\0`, `${n}`.padStart(127, 'x'), `${n}€`.padStart(200, 'y')][n % 6];
  }

  /** n names that no row has; now and then those of rows that went. */
  newNames(n) {
    return Array.from({ length: n }, () => {
      if (this.gone.length > 0 && this.random.oneIn(3)) return this.gone.pop();
      return this.#nameOf(this.#next++);
    });
  }

  /** The call of this name, or its twin in place. */
  async call(method, ...args) {
    const sync = this.random.oneIn(2);
    return sync ? this.index[`${method}Sync`](...args) : await this.index[method](...args);
  }

  /** What becomes of vectors, without names; or the error with which adding them must fail. */
  encode(x) {
    const { kind, shadow, oracle } = this;
    const [d, searchedD] = [oracle.d, oracle.searchedD];
    const numbers = Array.from({ length: x.length / d }, (_, i) => i);
    if (numbers.length === 0) return [];
    shadow.resetSync();
    try {
      shadow.addSync(x);
    } catch (error) {
      if (isRefusal(kind, error)) return error;
      throw error;
    }
    const searched = this.searchedAs(x);
    const stored = kind.code === 'Flat' ? searched : innermost(shadow).reconstructSync(numbers);
    const inCodes = kind.refined !== undefined && kind.refined !== 'Flat';
    const kept = inCodes ? refinement(shadow).reconstructSync(numbers) : x;
    return numbers.map((i) => ({
      x: x.slice(i * d, (i + 1) * d),
      y: stored.slice(i * searchedD, (i + 1) * searchedD),
      z: kept.slice(i * d, (i + 1) * d),
      list: oracle.centroids ? oracle.nearestLists(searched, i * searchedD, 1)[0].label : 0,
    }));
  }

  /** The number of the next row of an index whose numbers stay. */
  nextNumber() {
    return this.rows.reduce((most, { label }) => Math.max(most, label), -1) + 1;
  }

  /** The oracle's rows from now on; those without a name come last. */
  setRows(rows) {
    const { names } = this.kind;
    let next = this.nextNumber();
    for (const [i, row] of rows.entries()) {
      if (names === 'positions') row.name = i;
      else if (names === 'numbers') row.name ??= next++;
      row.label = names === 'keys' ? i : row.name;
    }
    this.oracle.rows = rows;
  }

  /** What it is and was. */
  describe() {
    const { description, metric, d, keyed } = this.kind;
    const what = `${keyed ? 'keys of ' : ''}${description} (${metric}), d ${d}, ${this.rows.length} rows`;
    return [what, ...this.history].join(', ');
  }

  /** Throws what is wrong. */
  fail(difference) {
    throw new Difference(this.kind, difference);
  }
}

const isRefusal = ({ code, refined, front }, error) =>
  (code !== 'Flat' || (refined ?? 'Flat') !== 'Flat' || front !== undefined) && REFUSALS.includes(error.code);

function innermost(index) {
  let at = index;
  while (at.index ?? at.baseIndex) at = at.index ?? at.baseIndex;
  return at;
}

function refinement(index) {
  return index.baseIndex ? index : refinement(index.index);
}

function oracleOf(shadow, { d, metric, nlist, refined, normalized }) {
  const inner = innermost(shadow);
  const lists = Array.from({ length: nlist }, (_, l) => l);
  return new Oracle({
    metric,
    d,
    searchedD: inner.d,
    centroids: nlist > 0 ? inner.quantizer.reconstructSync(lists) : null,
    refined: refined !== undefined,
    cosine: normalized && metric === 'ip' && refined === undefined,
  });
}

/**
 * A function of vectors that gives them as the lists see them; null where one would become infinite. A flat index behind the
 * same transforms, which learn the same from the same sample, keeps what comes out of them.
 */
function transformer(voronode, { d, front, normalized }, sample) {
  if (front === undefined) {
    return (x) => {
      const y = x.slice();
      if (normalized) voronode.normalizeL2(y, d);
      return y;
    };
  }
  const bare = voronode.indexFactory(d, `${front},${normalized ? 'L2norm,' : ''}Flat`);
  if (!bare.isTrained) bare.trainSync(sample);
  return (x) => {
    bare.resetSync();
    try {
      bare.addSync(x);
    } catch (error) {
      if (error.code === 'ERR_OUT_OF_RANGE') return null;
      throw error;
    }
    return bare.index.reconstructSync(Array.from({ length: bare.ntotal }, (_, i) => i));
  };
}
