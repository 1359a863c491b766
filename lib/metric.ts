/** Which metric is meant, and what to say to those who name it as others do. */

import { invalidType, invalidValue } from './errors.js';
import type { Metric } from './validate.js';

const CHOICE = "use 'l2' or 'ip'";

/** Other names, in lower case and without what joins words. */
const OTHER_NAMES: ReadonlyMap<string, Metric> = new Map<string, Metric>([
  ...['ip', 'inner', 'innerproduct', 'dot', 'dotproduct', 'metricinnerproduct'].map((name) => [name, 'ip'] as const),
  ...['l2', 'euclidean', 'sqeuclidean', 'l2sqr', 'l2squared', 'squaredl2', 'metricl2'].map(
    (name) => [name, 'l2'] as const,
  ),
]);
const COSINES = ['cosine', 'cos', 'cosinesimilarity', 'angular'];

/** @param name of the argument; a property if there is a dot in it */
export function checkMetric(name: string, value: unknown): Metric {
  if (value === 'l2' || value === 'ip') return value;
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value, remedyFor(value));
  const what = name.includes('.') ? 'property' : 'argument';
  throw invalidValue(
    `The ${what} '${name}' must be one of: 'l2', 'ip'. Received ${JSON.stringify(value)}${hintFor(value)}`,
  );
}

/**
 * The metric of an options object, 'l2' if it names none. One that is there and undefined is a mistake, as of a constant
 * that does not exist: it would choose the other metric in silence.
 */
export function metricOf(options: { metric?: Metric } | undefined, otherwise: Metric = 'l2'): Metric {
  if (options === undefined || !('metric' in options)) return otherwise;
  return checkMetric('options.metric', options.metric);
}

/** Faiss's constants are numbers. */
function remedyFor(value: unknown): string {
  if (value === 0) return "use 'ip', which is Faiss's METRIC_INNER_PRODUCT";
  if (value === 1) return "use 'l2', which is Faiss's METRIC_L2";
  return value === undefined ? `${CHOICE}, or leave it out` : CHOICE;
}

function hintFor(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (COSINES.includes(plain)) {
    return ". The cosine is the inner product of vectors of length 1: use indexFactory(d, 'L2norm,Flat', 'ip'), or normalizeL2 and 'ip'";
  }
  const meant = OTHER_NAMES.get(plain);
  return meant === undefined ? '' : `. Did you mean '${meant}'?`;
}
