/** What an index says of itself, to `inspect` and in JSON. */

import { className } from './errors.js';
import type { Held } from './held.js';
import type { Index } from './index_base.js';

/** The name of the class of an object; never throws. */
export function nameOf(value: unknown): string {
  return className(Object(value)) || 'Index';
}

/** @param facts what its kind has besides; not asked of an index that is closed */
export function fieldsOf(index: Held, inner: Index | undefined, facts: () => object): Record<string, unknown> {
  const fields: Record<string, unknown> = { d: index.d };
  try {
    fields.ntotal = index.ntotal;
  } catch {
    fields.closed = true;
  }
  fields.metric = index.metric;
  if (!fields.closed) Object.assign(fields, facts());
  if (inner !== undefined) fields.index = inner;
  return fields;
}
