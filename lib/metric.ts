/** Which metric is meant, and what to say to those who name it as others do. */

import { invalidType, invalidValue } from './errors.js';
import type { NativeMetric } from './native.js';

/**
 * How nearness is measured: squared Euclidean distance (`'l2'`), inner product (`'ip'`, of which larger is nearer), the sum
 * of the absolute differences of the components (`'l1'`, Manhattan), or the greatest of them (`'linf'`, Chebyshev).
 */
export type Metric = 'l2' | 'ip' | 'l1' | 'linf';

/** Faiss's numbers. */
const NUMBERS: Readonly<Record<Metric, NativeMetric>> = { l2: 1, ip: 0, l1: 2, linf: 3 };
const METRICS = Object.keys(NUMBERS) as Metric[];
const LIST = METRICS.map((metric) => `'${metric}'`).join(', ');
const CHOICE = "use 'l2' or 'ip'";

export function metricNumber(metric: Metric): NativeMetric {
  return NUMBERS[metric];
}

/** The metric with one of Faiss's numbers; undefined if it is not offered. */
export function metricOfNumber(number: number): Metric | undefined {
  return METRICS.find((metric) => NUMBERS[metric] === number);
}

/** -1 where larger is nearer, else 1. */
export function signOf(metric: Metric): 1 | -1 {
  return metric === 'ip' ? -1 : 1;
}

/** Other names, in lower case and without what joins words. */
const OTHER_NAMES: ReadonlyMap<string, Metric> = new Map<string, Metric>([
  ...['ip', 'inner', 'innerproduct', 'dot', 'dotproduct', 'metricinnerproduct'].map((name) => [name, 'ip'] as const),
  ...['l2', 'euclidean', 'sqeuclidean', 'l2sqr', 'l2squared', 'squaredl2', 'metricl2'].map(
    (name) => [name, 'l2'] as const,
  ),
  ...['l1', 'manhattan', 'cityblock', 'taxicab', 'metricl1'].map((name) => [name, 'l1'] as const),
  ...['linf', 'linfinity', 'chebyshev', 'max', 'metriclinf'].map((name) => [name, 'linf'] as const),
]);
const COSINES = ['cosine', 'cos', 'cosinesimilarity', 'angular'];

/** @param name of the argument; a property if there is a dot in it */
export function checkMetric(name: string, value: unknown): Metric {
  if (METRICS.includes(value as Metric)) return value as Metric;
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value, remedyFor(value));
  const what = name.includes('.') ? 'property' : 'argument';
  throw invalidValue(
    `The ${what} '${name}' must be one of: ${LIST}. Received ${JSON.stringify(value)}${hintFor(value)}`,
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
  const other = typeof value === 'number' ? metricOfNumber(value) : undefined;
  if (other !== undefined) return `use '${other}'`;
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
