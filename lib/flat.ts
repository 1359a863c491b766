/** Exact search by scanning every vector. The id of a vector is its position. */

import { invalidValue } from './errors.js';
import { construct, Index } from './index_base.js';
import { native } from './native.js';
import { checkNames } from './options.js';
import { checkBoolean, checkInteger, checkMetric, MAX_DIMENSION, type Metric, metricNumber } from './validate.js';

/** What the constructors of flat indexes take. */
export interface IndexFlatOptions<M extends Metric = Metric> {
  /** Default: `'l2'`. */
  metric?: M | undefined;
  /**
   * Whether to keep an int8 sketch of each vector beside it: a quarter more memory (d + 8 bytes a vector) and several times
   * faster searches with the same answers, to the bit. Vectors of fewer than 4 or more than 65 000 components have none.
   * Files never hold sketches; an index that is read has them. Default: `true`.
   */
  sketch?: boolean | undefined;
}

const NAMES = ['metric', 'sketch'];

/** Faiss's IndexFlat: exact search of all vectors, by either metric. */
export class IndexFlat extends Index {
  /** @param d components per vector, 1 to 2^20 */
  constructor(d: number, options?: IndexFlatOptions) {
    checkInteger('d', d, 1, MAX_DIMENSION);
    checkNames(options, NAMES, 'IndexFlat');
    const metric = checkMetric('options.metric', options?.metric ?? 'l2');
    const sketch = options?.sketch === undefined || checkBoolean('options.sketch', options.sketch);
    super(construct, native.flat(d, metricNumber(metric), sketch));
  }
}

/** Nearest by squared Euclidean distance. */
export class IndexFlatL2 extends IndexFlat {
  /** @param d components per vector, 1 to 2^20 */
  constructor(d: number, options?: IndexFlatOptions<'l2'>) {
    super(d, fixedMetric('l2', options));
  }
}

/** Nearest by largest inner product. */
export class IndexFlatIP extends IndexFlat {
  /** @param d components per vector, 1 to 2^20 */
  constructor(d: number, options?: IndexFlatOptions<'ip'>) {
    super(d, fixedMetric('ip', options));
  }
}

function fixedMetric<M extends Metric>(metric: M, options: IndexFlatOptions<M> | undefined): IndexFlatOptions<M> {
  checkNames(options, NAMES, metric === 'l2' ? 'IndexFlatL2' : 'IndexFlatIP');
  if (options?.metric !== undefined && checkMetric('options.metric', options.metric) !== metric) {
    throw invalidValue(`The property 'options.metric' must be '${metric}' here. Received '${options.metric}'`);
  }
  return { ...options, metric };
}
