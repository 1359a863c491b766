/** Exact search by scanning every vector. The id of a vector is its position. */

import { invalidValue } from './errors.js';
import { Index } from './index_base.js';
import { registerKind } from './kinds.js';
import { Made } from './made.js';
import { type Metric, metricNumber, metricOf, metricOfNumber } from './metric.js';
import { native } from './native.js';
import { checkNames } from './options.js';
import type { SearchOptions } from './search_options.js';
import { checkBoolean, checkInteger, MAX_DIMENSION } from './validate.js';

/** What the constructors of flat indexes take. */
export interface IndexFlatOptions<M extends Metric = Metric> {
  /** Default: `'l2'`. */
  metric?: M;
  /**
   * Whether to keep an int8 sketch of each vector beside it: a quarter more memory (d + 8 bytes a vector) and several times
   * faster searches with the same answers, to the bit. Vectors of fewer than 4 or more than 65 000 components have none.
   * Files never hold sketches; an index that is read has them. Default: `true`.
   */
  sketch?: boolean | undefined;
}

const NAMES = ['metric', 'sketch'];

/** Faiss's IndexFlat: exact search of all vectors, by any metric. */
export class IndexFlat extends Index<SearchOptions> {
  /** @param d components per vector, 1 to 2^20 */
  constructor(d: number, options?: IndexFlatOptions) {
    super(Made.is(d) ? d : makeFlat(d, 'IndexFlat', options));
  }
}

function makeFlat(d: number, taker: string, options: IndexFlatOptions | undefined, only?: Metric): Made {
  checkInteger('d', d, 1, MAX_DIMENSION);
  checkNames(options, NAMES, taker);
  const metric = metricOf(options, only);
  if (only !== undefined && metric !== only) {
    throw invalidValue(`The property 'options.metric' must be '${only}' here. Received '${metric}'`);
  }
  const sketch = options?.sketch === undefined || checkBoolean('options.sketch', options.sketch);
  return new Made(native.flat(d, metricNumber(metric), sketch));
}

/** Nearest by squared Euclidean distance. */
export class IndexFlatL2 extends IndexFlat {
  /** @param d components per vector, 1 to 2^20 */
  constructor(d: number, options?: IndexFlatOptions<'l2'>) {
    super((Made.is(d) ? d : makeFlat(d, 'IndexFlatL2', options, 'l2')) as never);
  }
}

/** Nearest by largest inner product. */
export class IndexFlatIP extends IndexFlat {
  /** @param d components per vector, 1 to 2^20 */
  constructor(d: number, options?: IndexFlatOptions<'ip'>) {
    super((Made.is(d) ? d : makeFlat(d, 'IndexFlatIP', options, 'ip')) as never);
  }
}

const CLASSES = new Map<Metric, unknown>([
  ['l2', IndexFlatL2],
  ['ip', IndexFlatIP],
]);
registerKind('IndexFlat', (handle) => CLASSES.get(metricOfNumber(native.metric(handle)) as Metric) ?? IndexFlat);
