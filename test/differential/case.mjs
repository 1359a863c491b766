/** A case of the fuzzer through Node, all from one seed: an index, its history, its oracle, and calls of every manner. */

import { Oracle } from './oracle.mjs';

/** Mulberry32, as test/random.ts has it. */
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  below(n) {
    return Math.floor(this.next() * n);
  }
  between(min, max) {
    return min + this.below(max - min + 1);
  }
  oneIn(n) {
    return this.below(n) === 0;
  }
  any(values) {
    return values[this.below(values.length)];
  }
}

/** The parts of descriptions, besides "IVF<nlist>" and "Refine(<code>)", that are no code of rows. */
const OTHERS = {
  transforms: ['L2norm', 'PCA', 'PCAW', 'PCAR', 'PCAWR', 'RR', 'Pad'],
  refinements: ['RFlat'],
  maps: ['IDMap', 'IDMap2'],
};
/** What the factory says of "IVF<nlist>" and "Refine(<code>)". */
const WORDS = ['IVF<nlist>', 'one of these', 'Refine(<one of these>)'];

/**
 * What the fuzzer makes of the factory's parts, by the sentence in which the factory lists them; what is no other part is a
 * code: an index that scans rows, and gives them back by their positions as it compares them.
 */
export function partsOf(offered) {
  const known = [...WORDS, ...Object.values(OTHERS).flat()];
  const names = offered.split(/, | and | or | with /).map((name) => name.replace('<d>', ''));
  const missing = known.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`the factory does not offer ${missing}`);
  return { codes: names.filter((name) => !known.includes(name)), ...OTHERS };
}

function offeredBy(voronode) {
  const refusal = (description) => {
    try {
      voronode.indexFactory(4, description).close();
    } catch (error) {
      return error;
    }
  };
  const found = partsOf(/offered are (.*)$/.exec(refusal('PQ4').message)[1]);
  return {
    ...found,
    listCodes: found.codes.filter((code) => !refusal(`IVF1,${code}`)),
    refineCodes: found.codes.filter((code) => !refusal(`Flat,Refine(${code})`)),
  };
}

let parts;
const chooseCode = (random, codes) => (random.oneIn(2) ? 'Flat' : random.any(codes));

/** A transform before the normalisation. */
function chooseFront(random, d) {
  const name = random.any(parts.transforms.slice(1));
  if (name === 'RR' && random.oneIn(2)) return name;
  return name + random.between(1, name.startsWith('PCA') ? d : d + 5);
}

export function chooseKind(voronode, random) {
  parts ??= offeredBy(voronode);
  const nlist = random.oneIn(4) ? 0 : random.between(1, 4);
  const code = chooseCode(random, nlist > 0 ? parts.listCodes : parts.codes);
  const d = random.any([1, 2, 4, 4, 5, 8, 15, 16, 17, 33]);
  const normalized = random.oneIn(5);
  const front = random.oneIn(4) ? chooseFront(random, d) : undefined;
  const refined = random.oneIn(5) ? chooseCode(random, parts.refineCodes) : undefined;
  const map = random.oneIn(3) ? random.any(parts.maps) : undefined;
  const refinement = refined === 'Flat' ? parts.refinements[0] : refined && `Refine(${refined})`;
  const transforms = [front, normalized ? 'L2norm' : undefined];
  const all = [map, ...transforms, nlist > 0 ? `IVF${nlist}` : undefined, code, refinement];
  return {
    d,
    metric: random.any(['l2', 'l2', 'l2', 'ip', 'ip', 'l1', 'linf']),
    nlist,
    code,
    normalized,
    front,
    refined,
    map,
    description: all.filter((part) => part !== undefined).join(),
  };
}

const STYLES = [
  (random) => random.next() - 0.5,
  (random) => random.below(256),
  (random) => random.below(2),
  (random) => random.next() + 500,
  (random) => (random.oneIn(3) ? random.next() : random.oneIn(2) ? 0 : -0),
  (random) => (random.next() - 0.5) * 10 ** random.between(-20, 18),
  (random) => (random.next() - 0.5) * 1e-30,
];
const ODD = [1e16, -1e16, 1e-20, 1e30, 1e-45, 1e15, 0];

/** n × d numbers; a few rows are equal, a few odd. */
function vectors(random, style, n, d) {
  const x = new Float32Array(n * d).map(() => style(random));
  for (let i = 1; i < n; i++) {
    if (random.oneIn(30)) x.copyWithin(i * d, (i - 1) * d, i * d);
  }
  return x;
}

/** No bounds for what a case may be. */
export const UNBOUNDED = { rows: Number.POSITIVE_INFINITY, queries: Number.POSITIVE_INFINITY };

/** An index with its oracle, of at most caps.rows rows, of caps.kind if that is given; null where nothing can be learned from such vectors. */
export function build(voronode, random, caps) {
  const kind = caps.kind ?? chooseKind(voronode, random);
  const { d, metric, nlist } = kind;
  const style = random.any(STYLES);
  const sizes = [1, 16, 17, 63, 64, 65, 80, 127, 128, 143, 212, 286, 400];
  const wanted = nlist === 0 && random.oneIn(4) ? 1300 : random.any(sizes) + (random.oneIn(2) ? random.any(sizes) : 0);
  const n = Math.min(wanted, caps.rows);
  const vectorsIn = vectors(random, style, n, d);
  let index = voronode.indexFactory(d, kind.description, metric);
  const sample = n < nlist + 40 ? vectors(random, style, nlist + 40, d) : vectorsIn;
  const learns = kind.description.includes('SQ') || kind.front !== undefined;
  let searchedAs;
  try {
    if (!index.isTrained) index.trainSync(sample);
    searchedAs = transformer(voronode, kind, sample);
    addTo(index, kind, random, vectorsIn);
  } catch (error) {
    if (learns && ['ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_VALUE'].includes(error.code)) return null;
    throw error;
  }
  const ids = kind.map ? labelsOf(n) : Array.from({ length: n }, (_, i) => i);
  const oracle = oracleOf(index, kind, vectorsIn, searchedAs(vectorsIn), ids);
  if (random.oneIn(2)) {
    const gone = new Set(ids.filter(() => random.oneIn(9)));
    index.removeIdsSync([...gone]);
    oracle.rows = oracle.rows.filter(({ label }) => !gone.has(label));
    const positions = !kind.map && (nlist === 0 || kind.refined);
    if (positions) for (const [i, row] of oracle.rows.entries()) row.label = i;
  }
  if ((kind.map || (nlist > 0 && !kind.refined)) && random.oneIn(2)) replace(index, oracle, random);
  if (random.oneIn(3)) index = voronode.deserializeIndexSync(voronode.serializeIndexSync(index));
  return { kind, style, index, oracle, searchedAs };
}

/** Some vectors come in the place of themselves: at the end, as far as there is an order. */
function replace(index, oracle, random) {
  const again = oracle.rows.filter(() => random.oneIn(9));
  const vectors = new Float32Array(again.length * index.d);
  for (const [i, row] of again.entries()) vectors.set(row.x, i * index.d);
  const replaced = index.upsertSync(
    vectors,
    again.map(({ label }) => label),
  );
  if (replaced !== again.length) throw new Error(`${replaced} of ${again.length} vectors were replaced`);
  oracle.rows = [...oracle.rows.filter((row) => !again.includes(row)), ...again];
}

const labelsOf = (n) => Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 2 * i + 3 : -i - 10));

function addTo(index, kind, random, x) {
  const n = x.length / kind.d;
  const cut = random.below(n + 1);
  const ids = kind.map ? labelsOf(n) : undefined;
  for (const [from, to] of [
    [0, cut],
    [cut, n],
  ]) {
    if (from === to) continue;
    const part = x.subarray(from * kind.d, to * kind.d);
    if (ids) index.addWithIdsSync(part, ids.slice(from, to));
    else index.addSync(part);
  }
}

function innermost(index) {
  let at = index;
  while (at.index ?? at.baseIndex) at = at.index ?? at.baseIndex;
  return at;
}

function refinement(index) {
  return index.baseIndex ? index : refinement(index.index);
}

function oracleOf(index, kind, x, searched, ids) {
  const { d, metric, nlist } = kind;
  const refined = kind.refined !== undefined;
  const inner = innermost(index);
  let centroids = null;
  if (nlist > 0) {
    centroids = new Float32Array(nlist * inner.d);
    for (let l = 0; l < nlist; l++) centroids.set(inner.quantizer.reconstructSync(l), l * inner.d);
  }
  const cosine = kind.normalized && metric === 'ip' && !refined;
  const oracle = new Oracle({ metric, d, searchedD: inner.d, centroids, refined, cosine });
  for (const [i, label] of ids.entries()) {
    const y = searched.slice(i * inner.d, (i + 1) * inner.d);
    const list = centroids ? oracle.nearestLists(y, 0, 1)[0].label : 0;
    const stored = kind.code === 'Flat' ? y : inner.reconstructSync(i);
    const row = x.slice(i * d, (i + 1) * d);
    const z = refined && kind.refined !== 'Flat' ? refinement(index).reconstructSync(i) : row;
    oracle.rows.push({ label, x: row, y: stored, z, list });
  }
  return oracle;
}

/**
 * A function of vectors that gives them as the lists see them; null where one would become infinite. A flat index behind the
 * same transforms, which learn the same from the same sample, keeps what comes out of them.
 */
function transformer(voronode, kind, sample) {
  const { d, front, normalized } = kind;
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

/** A set of ids, nested up to `depth` deep, and whether it has an id. */
function chooseFilter(voronode, random, labels, depth) {
  const { IDSelectorBatch, IDSelectorBitmap, IDSelectorNot, IDSelectorRange } = voronode;
  const { IDSelectorAnd, IDSelectorOr, IDSelectorXOr } = voronode;
  const part = () => chooseFilter(voronode, random, labels, depth - 1);
  const oneOf = random.any([1, 2, 4, 40]);
  const some = new Set(labels.filter(() => random.oneIn(oneOf)));
  switch (random.below(depth === 0 ? 4 : 8)) {
    case 0:
      return [new IDSelectorBatch([...some, 2n ** 62n, -(2n ** 63n)]), (label) => some.has(label)];
    case 1: {
      const one = labels.length > 0 ? random.any(labels) : 5;
      return [new IDSelectorBatch([one, one]), (label) => label === one];
    }
    case 2: {
      const [min, size] = [random.between(-100, 300), random.any([0, 1, 9, 90, 900])];
      return [new IDSelectorRange(min, min + size), (label) => label >= min && label < min + size];
    }
    case 3: {
      const bits = new Uint8Array(random.below(120));
      for (const label of some) if (label >= 0 && label < 8 * bits.length) bits[label >> 3] |= 1 << (label & 7);
      return [new IDSelectorBitmap(bits), (label) => label >= 0 && label < 8 * bits.length && some.has(label)];
    }
    case 4: {
      const [of, passes] = part();
      return [new IDSelectorNot(of), (label) => !passes(label)];
    }
    default: {
      const [[a, inA], [b, inB]] = [part(), part()];
      return random.any([
        [new IDSelectorAnd(a, b), (label) => inA(label) && inB(label)],
        [new IDSelectorOr(a, b), (label) => inA(label) || inB(label)],
        [new IDSelectorXOr(a, b), (label) => inA(label) !== inB(label)],
      ]);
    }
  }
}

/** Queries, most of them ordinary, one often odd; and how to ask. */
export function chooseCall(voronode, random, { kind, style, oracle }, caps) {
  const { d, nlist } = kind;
  const wanted = random.any([1, 2, 6, 17, 40, 60, 97, 300]);
  const nq = Math.min(wanted, caps.queries, Math.ceil(60000 / (oracle.rows.length * d + 1)));
  const queries = vectors(random, style, nq, d);
  for (let q = 0; q < nq && oracle.rows.length > 0; q++) {
    if (random.oneIn(2)) queries.set(random.any(oracle.rows).x, q * d);
  }
  if (!random.oneIn(3)) queries[random.below(nq * d)] = random.any(ODD);
  const labels = oracle.rows.map(({ label }) => label);
  const [filter, passes] = random.oneIn(2) ? [undefined, () => true] : chooseFilter(voronode, random, labels, 3);
  const k = random.any([1, 3, 10, 50, labels.length + 5]);
  const nprobe = random.between(1, Math.max(1, nlist) + 1);
  const kFactor = random.any([1, 2, 7]);
  // Undefined where an index has no such parameter, and would refuse it.
  const options = { nprobe: nlist > 0 ? nprobe : undefined, kFactor: kind.refined ? kFactor : undefined, filter };
  return { queries, nq, k, options, passes };
}
