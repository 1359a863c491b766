/** The pool of threads that all indexes of the process share, and the kernels in use. */

import { native } from './native.js';
import { checkInteger } from './validate.js';

const MAX_THREADS = 1024;

/**
 * How many threads work at once. Default: the environment variable VORONODE_THREADS, else the number of cores that this
 * process may run on or, if that is less, the processor time that its container has (`docker --cpus`), rounded up.
 */
export function getThreads(): number {
  return native.threads();
}

/**
 * Sets how many threads work at once, for all indexes of the process, those of workers included. Answers do not depend
 * on it.
 * @param n 1 to 1024; holds for work that starts later
 */
export function setThreads(n: number): void {
  native.setThreads(checkInteger('n', n, 1, MAX_THREADS));
}

/** What the threads have done, and have to do, of calls that return promises; of the whole process, workers included. */
export interface Stats {
  /** As {@link getThreads}. */
  threads: number;
  /** Calls that wait for a thread now. Those that wait for their turn at an index are not counted. */
  waiting: number;
  /** Calls begun so far. */
  begun: number;
  /** Of these the searches that became part of one that was about to begin. */
  merged: number;
  /** How often something short was begun in the middle of something long, on its thread. */
  passed: number;
  /**
   * Bytes that are kept for the copies of arguments to come, 64 MiB at the most. The system may have them back at any time;
   * what nobody used for a second goes with the next call.
   */
  staging: number;
}

/**
 * How busy the threads are. `waiting` that stays high means that more comes than they can do.
 *
 * @example
 * ```js
 * import { stats } from 'voronode';
 *
 * const { waiting, merged } = stats();
 * console.log(waiting, merged); // 0 0
 * ```
 */
export function stats(): Stats {
  const [begun, merged, passed, waiting, staging] = native.taskCounts();
  return { threads: getThreads(), waiting, begun, merged, passed, staging };
}

/**
 * The kernels in use: `'avx512'`, `'avx2'`, `'neon_dotprod'`, `'neon'` or `'generic'`; the environment variable
 * VORONODE_SIMD chooses.
 */
export function simdTarget(): string {
  return native.simdTarget();
}

/** All kernels that this machine can run, best first. Answers do not depend on the choice. */
export function simdTargets(): string[] {
  return native.simdTargets();
}
