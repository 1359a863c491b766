/** Range search: everything strictly nearer than the radius, best first. */

import { describe, expect, test } from 'vitest';
import { getThreads, setThreads } from '../../lib/index.js';
import { exactVectors, expectFound, expectSameBits, fill, fillFloats, type Subject, stored } from '../subject.js';
import { DIMENSIONS, selectors } from './search.js';

export function testRange(subject: Subject): void {
  describe('rangeSearch', () => {
    test.each(DIMENSIONS)('equals a plain scan at d = %i', async (d) => {
      const { index, mirror, random } = fill(subject, 150, d, d);
      const queries = exactVectors(subject, random, 5, d);
      const kept = stored(subject, queries, d);
      const distances = mirror.search(kept.subarray(0, d), 150).distances;
      for (const radius of [distances[0]!, distances[40]!, distances[149]!, distances[40]! + 0.25, 0, -1]) {
        const expected = mirror.rangeSearch(kept, radius);
        expectFound(index.rangeSearchSync(queries, radius), expected);
        expectFound(await index.rangeSearch(queries, radius), expected);
      }
    });

    test('the radius itself is outside', () => {
      const { index, mirror, random } = fill(subject, 100, 5);
      const query = exactVectors(subject, random, 1, 5);
      const { distances } = mirror.search(stored(subject, query, 5), 100);
      for (const radius of new Set(distances)) {
        expect([...index.rangeSearchSync(query, radius).distances]).not.toContain(radius);
      }
    });

    test('an infinite radius finds everything or nothing', () => {
      const { index, mirror, random } = fill(subject, 700, 5);
      const queries = exactVectors(subject, random, 3, 5);
      for (const radius of [Infinity, -Infinity, Number.MAX_VALUE, -Number.MAX_VALUE]) {
        expectFound(index.rangeSearchSync(queries, radius), mirror.rangeSearch(stored(subject, queries, 5), radius));
      }
    });

    test('a filter lets through its ids only', async () => {
      const { index, mirror, random } = fill(subject, 300, 6);
      const queries = exactVectors(subject, random, 4, 6);
      const radius = subject.metric === 'ip' ? -1000 : 1000;
      for (const [name, filter, member] of selectors(mirror.ids)) {
        const expected = mirror.rangeSearch(stored(subject, queries, 6), radius, member);
        expectFound(index.rangeSearchSync(queries, radius, { filter }), expected, name);
        expectFound(await index.rangeSearch(queries, radius, { filter }), expected, name);
      }
    });

    test('an empty index and no queries give empty rows', () => {
      const radius = subject.metric === 'ip' ? -Infinity : Infinity;
      const empty = subject.settle(subject.make(3));
      expectFound(empty.rangeSearchSync(new Float32Array(6), radius), {
        lims: [0, 0, 0],
        labels: [],
        distances: [],
      });
      const { index } = fill(subject, 5, 3);
      expectFound(index.rangeSearchSync(new Float32Array(0), radius), {
        lims: [0],
        labels: [],
        distances: [],
      });
    });

    test('threads, batches and the way of asking change no bit', async () => {
      const { index, random } = fillFloats(subject, 20_000, 24);
      const queries = random.floats(9 * 24);
      const found = index.searchSync(queries, 300);
      const radius = found.distances[299]!;
      const whole = index.rangeSearchSync(queries, radius);
      expect(whole.row(0).labels.length).toBeGreaterThan(200);
      expectSameBits(await index.rangeSearch(queries, radius), whole);
      for (let q = 0; q < 9; q++) {
        const single = index.rangeSearchSync(queries.subarray(q * 24, (q + 1) * 24), radius);
        expectSameBits(single, whole.row(q));
        const count = single.labels.length;
        if (count <= 300) expect(single.distances).toEqual(found.row(q).distances.subarray(0, count));
      }
      const before = getThreads();
      try {
        for (const threads of [1, 2, 4, 8]) {
          setThreads(threads);
          expectSameBits(index.rangeSearchSync(queries, radius), whole);
        }
      } finally {
        setThreads(before);
      }
    });
  });
}
