/** Training, which is the same for an `Index` and an `IndexKeyMap`. */

import { type AbortOptions, abortable, signalOf, throwIfAborted, workOf } from './abort.js';
import {
  CLUSTERING_NAMES,
  type ClusteringOptions,
  clusteringOf,
  progressOf,
  refuseProgress,
  SYNC_CLUSTERING_NAMES,
  type TrainOptions,
  warnFewVectors,
} from './clustering.js';
import { Held } from './held.js';
import { native } from './native.js';
import { checkNames } from './options.js';
import { checkVectors } from './validate.js';

/** `train()` of what is held. */
export async function train(self: Held, vectors: Float32Array, options: TrainOptions | undefined): Promise<void> {
  const n = checkVectors('vectors', vectors, Held.dimension(self));
  checkNames(options, CLUSTERING_NAMES, 'train()');
  const work = workOf(options);
  const params = clusteringOf(options);
  const progress = progressOf(options);
  const lists = await abortable(work, (token) => native.train(Held.receiver(self), vectors, params, progress, token));
  if (lists > 0) warnFewVectors(n, lists, 'lists', options);
}

/** `trainSync()`. */
export function trainInPlace(
  self: Held,
  vectors: Float32Array,
  options: (ClusteringOptions & AbortOptions) | undefined,
): void {
  const n = checkVectors('vectors', vectors, Held.dimension(self));
  checkNames(options, SYNC_CLUSTERING_NAMES, 'trainSync()');
  throwIfAborted(signalOf(options));
  const params = clusteringOf(options);
  refuseProgress(options, 'train()');
  const lists = native.trainSync(Held.receiver(self), vectors, params);
  if (lists > 0) warnFewVectors(n, lists, 'lists', options);
}
