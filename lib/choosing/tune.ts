/** How many lists to visit: measured on the caller's own index and queries. */

import { WORK_NAMES, type WorkOptions, workOf } from '../abort.js';
import { outOfRange, unsupported } from '../errors.js';
import { Index } from '../index_base.js';
import { IndexIVF } from '../ivf.js';
import { signOf } from '../metric.js';
import { checkNames } from '../options.js';
import type { SearchResult } from '../result.js';
import { checkBoolean, checkInteger, checkVectors, MAX_K } from '../validate.js';

/** Each point of the curve is searched again and again for so long; the fastest time counts. */
const MILLISECONDS = 100;

/** What {@link tune} takes besides the queries. */
export interface TuneOptions extends WorkOptions {
  /** The share of the exact neighbours to be found, above 0, at most 1. Default: 0.95. */
  recall?: number | undefined;
  /** Neighbours per query. Default: 10. */
  k?: number | undefined;
  /** Whether to make the answer the index's `nprobe`. Default: false. */
  set?: boolean | undefined;
}

/** What a number of lists brings and costs. */
export interface TunePoint {
  /** Lists visited. */
  nprobe: number;
  /** The share of the exact k nearest that were found. Neighbours as near as the exact k-th count, whatever their id. */
  recall: number;
  /** With all queries in one call. */
  queriesPerSecond: number;
}

/** The smallest `nprobe` that gives the recall, and the curve that shows it. */
export interface TuneResult extends TunePoint {
  /** All points that were measured, by rising nprobe; the last one visits all lists and is exact. */
  curve: TunePoint[];
}

/**
 * Finds the smallest `nprobe` with which an inverted file finds the wanted share of the exact k nearest vectors of a
 * sample of queries (nq × d). Take a few hundred queries as they come in earnest: vectors of the index itself are
 * easier than others. The index may be wrapped (IndexIDMap, IndexPreTransform).
 *
 * Exact is what a visit of all lists finds. Of an index in codes (`IndexIVFScalarQuantizer`) these are the nearest decoded
 * vectors: what the codes lose is not measured. Of an `IndexRefineFlat` it is what all lists and its own `kFactor` find: set
 * that first.
 *
 * @throws ERR_VORONODE_UNSUPPORTED for an index without lists, or without vectors
 */
export async function tune(index: Index, queries: Float32Array, options: TuneOptions = {}): Promise<TuneResult> {
  const ivf = ivfIn(index);
  const nq = checkVectors('queries', queries, index.d);
  if (nq === 0) throw outOfRange('queries.length', `>= ${index.d}, one query or more`, 0);
  checkNames(options, ['recall', 'k', 'set', ...WORK_NAMES], 'tune()');
  const recall = checkRecall(options.recall ?? 0.95);
  const k = checkInteger('options.k', options.k ?? 10, 1, MAX_K);
  const set = options.set !== undefined && checkBoolean('options.set', options.set);
  const { signal } = workOf(options);
  const { priority } = options;
  if (index.ntotal === 0) throw unsupported('An index without vectors cannot be tuned; add the vectors first');

  const search = (nprobe: number) => index.search(queries, k, { nprobe, signal, priority });
  const exact = await search(ivf.nlist);
  const points = new Map<number, TunePoint>();
  const measure = async (nprobe: number): Promise<boolean> => {
    const [found, queriesPerSecond] = await timed(() => search(nprobe));
    const point = { nprobe, recall: recallOf(found, exact, signOf(index.metric)), queriesPerSecond };
    points.set(nprobe, point);
    return point.recall >= recall;
  };
  const nprobe = await smallest(ivf.nlist, measure);
  const curve = [...points.values()].sort((a, b) => a.nprobe - b.nprobe);
  if (set) ivf.nprobe = nprobe;
  return { ...(points.get(nprobe) as TunePoint), curve };
}

function ivfIn(index: Index): IndexIVF {
  Index.handle('index', index);
  for (let inner: Index | undefined = index; inner !== undefined; inner = Index.inner(inner)) {
    if (inner instanceof IndexIVF) return inner;
  }
  throw unsupported(`${index.constructor.name} has no lists to choose from: its searches are exact as they are`);
}

function checkRecall(value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw outOfRange('options.recall', '> 0 && <= 1', value);
}

/**
 * The smallest number up to nlist that suffices. All powers of two and nlist are tried, for the curve, then what lies
 * between. To visit more lists never finds less, so halving is right.
 */
async function smallest(nlist: number, suffices: (nprobe: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, nlist];
  for (let nprobe = 1; nprobe < nlist; nprobe *= 2) {
    if (!(await suffices(nprobe))) low = nprobe;
    else high = Math.min(high, nprobe);
  }
  await suffices(nlist);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (await suffices(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The result, and how many of its queries a second were answered. */
async function timed(search: () => Promise<SearchResult>): Promise<[SearchResult, number]> {
  const end = performance.now() + MILLISECONDS;
  let fastest = Number.POSITIVE_INFINITY;
  for (;;) {
    const begin = performance.now();
    const found = await search();
    const now = performance.now();
    fastest = Math.min(fastest, now - begin);
    if (now >= end) return [found, (1000 * found.nq) / fastest];
  }
}

/** @param sign 1 if smaller is nearer, -1 if larger is */
function recallOf(found: SearchResult, exact: SearchResult, sign: number): number {
  let [hits, all] = [0, 0];
  for (let q = 0; q < exact.nq; q++) {
    const { distances } = exact.row(q);
    const farthest = sign * (distances.at(-1) as number);
    all += distances.length;
    for (const distance of found.row(q).distances) if (sign * distance <= farthest) hits++;
  }
  return hits / all;
}
