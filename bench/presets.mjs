// What a run covers when the options do not say.
import { availableParallelism } from 'node:os';

const ALL = availableParallelism();

/**
 * By question; those without an entry cover what `flat` does. `nq`: queries per call. `shapes`: d × n with the data to
 * search; sizes beyond the last-level cache (32 MB here and there), but for `quick`, which only shows that everything works.
 * `seconds`: how long the rounds of one row of a table go on at least. `limit`: what need not run (usearch's batches) is
 * left out of a row where one call would take more seconds than this.
 */
export const presets = {
  flat: {
    nq: '1,8,100,1000',
    quick: {
      shapes: cross(
        [
          [32, 40_000],
          [128, 10_000],
          [768, 2_000],
        ],
        ['gaussian'],
      ),
      threads: [ALL],
      seconds: 0.3,
      limit: 1,
    },
    default: {
      shapes: cross(
        [
          [32, 400_000],
          [128, 200_000],
          [768, 40_000],
        ],
        ['gaussian', 'clustered'],
      ),
      threads: [ALL],
      seconds: 3,
      limit: 3,
    },
    full: {
      shapes: [
        ...cross(
          [
            [128, 1e6],
            [768, 200_000],
            [1536, 100_000],
            [32, 1e6],
            [10, 1e6],
          ],
          ['gaussian', 'clustered'],
        ),
        ...cross([[128, 1e6]], ['unit', 'integers']),
      ],
      threads: [...new Set([1, ALL])],
      seconds: 10,
      limit: 10,
    },
  },
  // The data have intrinsic dimension 32 and no clusters, so that recall has to be paid for.
  ivf: {
    nq: '1,1000',
    quick: { shapes: cross([[128, 10_000]], ['lowrank']), threads: [ALL], seconds: 0.1 },
    default: {
      shapes: cross(
        [
          [128, 200_000],
          [768, 40_000],
        ],
        ['lowrank'],
      ),
      threads: [ALL],
      seconds: 1,
    },
    full: {
      shapes: cross(
        [
          [128, 1e6],
          [768, 200_000],
        ],
        ['lowrank'],
      ),
      threads: [...new Set([1, ALL])],
      seconds: 2,
    },
  },
  items: {
    nq: '10000',
    quick: { shapes: cross([[100, 40_000]], ['clustered']), threads: [ALL] },
    default: { shapes: cross([[100, 1e6]], ['clustered']), threads: [ALL] },
    full: { shapes: cross([[100, 1e6]], ['clustered', 'lowrank']), threads: [ALL] },
  },
  keys: {
    nq: '1,100',
    quick: { shapes: cross([[32, 20_000]], ['lowrank']), threads: [ALL], seconds: 0.1 },
    default: { shapes: cross([[32, 1e6]], ['lowrank']), threads: [ALL], seconds: 3 },
    full: { shapes: cross([[32, 10e6]], ['lowrank']), threads: [ALL], seconds: 10 },
  },
  // As for inverted files. `nq`: callers.
  serve: {
    nq: '1,8,64,256',
    quick: { shapes: cross([[128, 20_000]], ['lowrank']), threads: [ALL], seconds: 0.1 },
    default: { shapes: cross([[128, 1e6]], ['lowrank']), threads: [ALL], seconds: 3 },
    full: { shapes: cross([[128, 1e6]], ['lowrank', 'gaussian']), threads: [...new Set([1, ALL])], seconds: 10 },
  },
};

/** Every size with every kind of data. */
export function cross(sizes, data) {
  return sizes.flatMap(([d, n]) => data.map((name) => ({ d, n, data: name })));
}
