/** What Faiss and this package answer, compared. */

import { expect } from 'vitest';
import type { Index, SearchResult } from '../../lib/index.js';
import type { Answer } from './peer.js';

/** An answer of ours as Faiss's are told. */
export function answerOf(index: Index, { distances, labels }: SearchResult): Answer {
  return {
    kind: index.constructor.name,
    ntotal: index.ntotal,
    distances: [...distances],
    labels: [...labels].map(String),
  };
}

/** Equal labels where nothing ties, and equal distances; nearly equal where vectors are normalised or coded. */
export function expectSame(mine: Answer, theirs: Answer, k: number, description: string): void {
  expect(mine.ntotal).toBe(theirs.ntotal);
  const absolute = description.includes('L2norm') ? 1e-6 : 0;
  const relative = description.includes('SQ') ? 1e-6 : 0;
  const largest = Math.max(...mine.distances.filter((_, i) => mine.labels[i] !== '-1').map(Math.abs));
  const tolerance = Math.max(absolute, relative * largest);
  const near = (i: number, j: number) => Math.abs(mine.distances[i]! - mine.distances[j]!) <= tolerance;
  let compared = 0;
  mine.distances.forEach((distance, i) => {
    if (!(Math.abs(distance - theirs.distances[i]!) <= tolerance))
      expect([i, distance]).toEqual([i, theirs.distances[i]]);
    const padding = mine.labels[i] === '-1';
    const ties = !padding && ((i % k > 0 && near(i, i - 1)) || i % k === k - 1 || near(i, i + 1));
    if (ties) return;
    ++compared;
    expect([i, mine.labels[i]]).toEqual([i, theirs.labels[i]]);
  });
  expect(compared).toBeGreaterThan(0.8 * mine.labels.length);
}
