/** What the programs of this folder have in common. The addon itself, in plain node; lib's side is tested beside them. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { native } from '../lifecycle/programs/addon.mjs';

export { native };

export const D = 16;

/** Small whole numbers, so that distances are exact. */
export function rows(n, seed = 0) {
  let state = seed * 7919 + 12345;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % 41;
  };
  return Float32Array.from({ length: n * D }, next);
}

export const range = (first, n) => BigInt64Array.from({ length: n }, (_, i) => BigInt(first + i));

/** An index of n vectors with the ids 0 … n - 1. */
export function made(description, n) {
  const index = native.factory(D, description, 1);
  native.trainSync(index, rows(Math.max(n, 1000)), undefined);
  native.addWithIdsSync(index, rows(n), range(0, n));
  return index;
}

/** What another thread needs. */
export const share = (index, readonly = false) => ({
  copy: native.addonCopy(),
  id: native.shareIndex(index, readonly)[0],
});
export const adopt = ({ copy, id }) => native.adoptIndex(copy, id);

/** A worker that runs this program, and has said that it is ready. */
export async function worker(url, workerData) {
  const started = new Worker(new URL(url), { workerData });
  started.on('error', (error) => {
    throw error;
  });
  const [message] = await once(started, 'message');
  return Object.assign(started, { first: message });
}

export const failure = (body) => {
  try {
    body();
  } catch (error) {
    return error.code;
  }
  return 'none';
};
