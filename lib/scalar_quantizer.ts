/** Search of all vectors, kept in codes. The id of a vector is its position. */

import { Index } from './index_base.js';
import { registerKind } from './kinds.js';
import { Made } from './made.js';
import { type Metric, metricNumber, metricOf } from './metric.js';
import { native } from './native.js';
import { checkNames } from './options.js';
import { codeNumber, type ScalarCode } from './scalar_code.js';
import type { SearchOptions } from './search_options.js';
import { checkInteger, MAX_DIMENSION } from './validate.js';

/** What the constructor of {@link IndexScalarQuantizer} takes. */
export interface IndexScalarQuantizerOptions {
  /** Default: `'l2'`. */
  metric?: Metric;
}

/**
 * Faiss's IndexScalarQuantizer: all vectors in codes, a half (`'SQfp16'`) to an eighth (`'SQ4'`) of the bytes of float32,
 * and all are compared with each query. Its answers are exact for the vectors as they are decoded, which `reconstruct`
 * shows. Codes with ranges (`isTrained` false at first) learn them from a sample: `train(vectors)`.
 *
 * @example
 * ```js
 * import { IndexScalarQuantizer } from 'voronode';
 *
 * const vectors = Float32Array.from({ length: 1000 }, (_, i) => i);
 * const index = new IndexScalarQuantizer(1, 'SQ8');
 * await index.train(vectors);
 * await index.add(vectors);
 * const [decoded] = await index.reconstruct(500);
 * console.log(Math.abs(decoded - 500) < 2); // true
 * ```
 */
export class IndexScalarQuantizer extends Index<SearchOptions> {
  /** @param d components per vector, 1 to 2^20 */
  constructor(d: number, code: ScalarCode, options?: IndexScalarQuantizerOptions) {
    super(Made.is(d) ? d : makeScalarQuantizer(d, code, options));
  }

  /** @internal */
  protected override facts(): Record<string, unknown> {
    Index.receiver(this);
    return { isTrained: this.isTrained };
  }
}

function makeScalarQuantizer(d: number, code: ScalarCode, options: IndexScalarQuantizerOptions | undefined): Made {
  checkInteger('d', d, 1, MAX_DIMENSION);
  const number = codeNumber(code);
  checkNames(options, ['metric'], 'IndexScalarQuantizer');
  return new Made(native.scalarQuantizer(d, number, metricNumber(metricOf(options))));
}

declare module './description.js' {
  interface DescribedCodes extends Record<DescribedCode, IndexScalarQuantizer> {}
}

registerKind('IndexScalarQuantizer', () => IndexScalarQuantizer);
