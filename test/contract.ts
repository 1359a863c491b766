/**
 * The suite that every kind of index passes: `testIndex('IndexFlatL2', (d) => new IndexFlatL2(d), { metric: 'l2' })`.
 */

import { describe } from 'vitest';
import type { Index, Metric } from '../lib/index.js';
import { testArguments } from './contract/arguments.js';
import { testAsync } from './contract/async.js';
import { testChange } from './contract/change.js';
import { testFiles } from './contract/files.js';
import { testRange } from './contract/range.js';
import { testSearch } from './contract/search.js';
import type { Subject } from './subject.js';
import { readBack } from './subject.js';

export interface ContractOptions {
  metric: Metric;
  /** The index takes the caller's ids. Default: false. */
  mapped?: boolean;
  /** Of an index that takes the caller's ids: it numbers vectors that come without. Default: false. */
  numbers?: boolean;
  /** The index scales vectors and queries to length 1. Default: false. */
  normalizes?: boolean;
}

/** Runs the suite for indexes as made, and once more for the same written and read back. */
export function testIndex(name: string, make: (d: number) => Index, options: ContractOptions): void {
  const base = { mapped: false, numbers: false, normalizes: false, ...options };
  const subjects: Record<string, Subject> = {
    [name]: { ...base, make, settle: (index) => index },
    [`${name}, read back`]: { ...base, make: (d) => readBack(make(d)), settle: readBack },
  };
  for (const [title, subject] of Object.entries(subjects)) {
    describe(title, () => {
      testSearch(subject);
      testRange(subject);
      testChange(subject);
      testAsync(subject);
      testFiles(subject);
      testArguments(subject);
    });
  }
}
