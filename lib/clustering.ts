/** What the training of an index and `kmeans` have in common: their options, progress, and a warning. */

import { AsyncResource } from 'node:async_hooks';
import { TRANSFER_NAMES, type TransferOptions } from './abort.js';
import { invalidType, unsupported } from './errors.js';
import type { NativeClustering, NativeProgress } from './native.js';
import { keepThrown } from './realm.js';
import { checkBoolean, checkInteger, checkOptions } from './validate.js';

/** How k-means goes about it: Faiss's names in camelCase, and its defaults. Counts are integers from 1 to 2^31 - 1. */
export interface ClusteringOptions {
  /** Iterations at the most. Default: 25; of an inverted file 10. */
  niter?: number | undefined;
  /** Runs from other starts, of which the best is kept. Default: 1. */
  nredo?: number | undefined;
  /**
   * Whether centroids have length 1 and vectors go to the largest inner product. Default: false; of an inverted file by
   * inner product true.
   */
  spherical?: boolean | undefined;
  /** Of the random sample and the random start, 0 to 2^32 - 1. Default: 1234. */
  seed?: number | undefined;
  /** Fewer vectors per centroid give a warning. Default: 39. */
  minPointsPerCentroid?: number | undefined;
  /** Of more vectors per centroid a random sample is used. Default: 256. */
  maxPointsPerCentroid?: number | undefined;
}

/** What an iteration found. */
export interface ClusteringProgress {
  /** 0 to runs - 1. */
  run: number;
  /** How many runs there are: nredo. */
  runs: number;
  /** 0 to iterations - 1. */
  iteration: number;
  /** How many there are in each run at the most: niter. A run ends early when nothing changes any more. */
  iterations: number;
  /** The sum over the vectors used of the squared distance to their centroid; spherical: of the inner product. */
  objective: number;
  /** k · Σ size² / n²: 1 if all clusters are equal, k if one has everything. */
  imbalance: number;
}

/** How to hear of a training while it runs. */
export interface ProgressOptions {
  /**
   * Called after each iteration, on the calling thread, in the caller's asynchronous context (`AsyncLocalStorage`), and
   * without holding up the work. If it throws, the work ends and the promise rejects with what it threw; after the last
   * iteration the work may be done already.
   */
  progress?: ((progress: ClusteringProgress) => void) | undefined;
}

/** What an index that clusters should do differently; the others ignore it. */
export interface TrainOptions extends ClusteringOptions, ProgressOptions, TransferOptions {}

/** What `train` and `kmeans` take. */
export const CLUSTERING_NAMES = [
  ...['niter', 'nredo', 'spherical', 'seed', 'minPointsPerCentroid', 'maxPointsPerCentroid'],
  ...['progress', ...TRANSFER_NAMES],
];

/** What their twins take: `progress` is refused in words of its own. */
export const SYNC_CLUSTERING_NAMES = CLUSTERING_NAMES.filter((name) => name !== 'priority' && name !== 'transfer');

const MAX_COUNT = 2 ** 31 - 1;
const MAX_SEED = 2 ** 32 - 1;
const MIN_POINTS = 39;

/** The choices of an options object; undefined for none. */
export function clusteringOf(options: ClusteringOptions | undefined): NativeClustering | undefined {
  checkOptions(options);
  if (options === undefined) return undefined;
  const count = (name: 'niter' | 'nredo' | 'minPointsPerCentroid' | 'maxPointsPerCentroid') => {
    const value = options[name];
    return value === undefined ? undefined : checkInteger(`options.${name}`, value, 1, MAX_COUNT);
  };
  const { spherical, seed } = options;
  return {
    niter: count('niter'),
    nredo: count('nredo'),
    spherical: spherical === undefined ? undefined : checkBoolean('options.spherical', spherical),
    seed: seed === undefined ? undefined : checkInteger('options.seed', seed, 0, MAX_SEED),
    minPointsPerCentroid: count('minPointsPerCentroid'),
    maxPointsPerCentroid: count('maxPointsPerCentroid'),
  };
}

export function progressOf(options: ProgressOptions | undefined): NativeProgress | undefined {
  checkOptions(options);
  const progress = options?.progress;
  if (progress === undefined) return undefined;
  if (typeof progress !== 'function') throw invalidType('options.progress', 'of type function', progress);
  const report: NativeProgress = (run, runs, iteration, iterations, objective, imbalance) => {
    try {
      progress({ run, runs, iteration, iterations, objective, imbalance });
    } catch (error) {
      keepThrown(error);
      throw error;
    }
  };
  return AsyncResource.bind(report);
}

/** The thread that would hear of progress is busy with the work. */
export function refuseProgress(options: ClusteringOptions | undefined, instead: string): void {
  if (progressOf(options as ProgressOptions | undefined) === undefined) return;
  throw unsupported(`Progress is reported off the event loop only; use ${instead}, or leave options.progress out`);
}

/** @param what the centroids stand for: lists or clusters. */
export function warnFewVectors(n: number, k: number, what: 'lists' | 'clusters', options?: ClusteringOptions): void {
  const least = options?.minPointsPerCentroid ?? MIN_POINTS;
  const enough = Math.floor(n / least);
  const fewer = enough < 1 ? '' : `, or make no more than ${enough} ${what}`;
  process.emitWarning(
    `${n} vectors are few to find ${k} ${what} from: fewer than ${least} for each, so that they fit the sample better ` +
      `than what comes later. Give at least ${k * least} vectors${fewer}`,
    { code: 'VORONODE_FEW_TRAINING_VECTORS' },
  );
}
