/**
 * Both ways between this package and Faiss: the same files, the same answers. Vectors hold integers, so that distances are
 * compared with ==; only where vectors are normalised are they rounded.
 *
 * Without Faiss these tests are skipped, with the reason; with VORONODE_REQUIRE_FAISS=1 that is a failure.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IDSelectorBatch, type Index, indexFactory, type Metric, readIndex, writeIndex } from '../../lib/index.js';
import { Random } from '../random.js';
import { type Answer, ask, faiss, type Job } from './peer.js';

const missing = 'missing' in faiss ? faiss.missing : undefined;

test('Faiss is there', (context) => {
  if (missing === undefined) return;
  if (process.env.VORONODE_REQUIRE_FAISS === '1') throw new Error(missing);
  context.skip(missing);
});

const K = 10;
const QUERIES = 20;
const DESCRIPTIONS = [
  ...['Flat', 'IDMap,Flat', 'IDMap2,Flat', 'L2norm,Flat', 'IDMap,L2norm,Flat', 'IDMap2,L2norm,Flat'],
  // The map as a suffix: in Faiss 1.7.3 a prefix is inside the refinement, which can then not be filled.
  ...['Flat,Refine(Flat)', 'Flat,RFlat,IDMap', 'L2norm,Flat,RFlat'],
  ...['Pad70,Flat', 'PCA3,Flat', 'PCAR3,Flat,IDMap', 'PCAWR3,Flat', 'RR,Flat', 'RR2,Flat', 'L2norm,PCA3,Flat'],
];
/** What is learnt, or drawn, on each side in its own way. */
const learns = (description: string) => /PCA|RR/.test(description);
const METRICS: Metric[] = ['l2', 'ip', 'l1', 'linf'];
// The largest is stored in more than one block and read in more than one chunk.
const SHAPES = [
  { n: 1000, d: 1 },
  { n: 3000, d: 3 },
  { n: 6000, d: 64 },
];
// One component has no direction: normalised, every vector is 1 or -1, and everything ties. Faiss 1.7.3 refines by the first
// two metrics only.
const offered = (description: string, metric: Metric, d: number) =>
  (d > 1 || !/L2norm|PCA|RR/.test(description)) &&
  (metric === 'l2' || metric === 'ip' || !/R(efine|Flat)/.test(description));
const CASES = DESCRIPTIONS.flatMap((description) =>
  METRICS.flatMap((metric) =>
    SHAPES.filter(({ d }) => offered(description, metric, d)).map((shape) => ({
      description,
      metric,
      ...shape,
    })),
  ),
);
type Case = (typeof CASES)[number];

/** Integers whose distances are exact in float32 and rarely tie. */
function data({ n, d, metric }: Case): { vectors: Float32Array; ids: BigInt64Array; queries: Float32Array } {
  const random = new Random(d);
  const ids = random.ids(n);
  if (d === 1) {
    // Different multiples of 3, between which the queries lie unevenly.
    const vectors = Float32Array.from({ length: n }, (_, i) => 3 * ((i * 7919) % n) + (metric === 'ip' ? 1 : 0));
    return { vectors, ids, queries: Float32Array.from({ length: QUERIES }, () => 3 * random.integer(0, n) + 1) };
  }
  const size = metric === 'linf' ? 100_000 : d === 3 ? 1000 : 100; // the greatest of a few differences ties soonest
  return { vectors: random.integers(n * d, -size, size), ids, queries: random.integers(QUERIES * d, -size, size) };
}

describe.skipIf(missing !== undefined)('both ways with Faiss', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'voronode-interop-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function ours(index: Index, queries: Float32Array): Promise<Answer> {
    const { distances, labels } = await index.search(queries, K);
    return {
      kind: index.constructor.name,
      ntotal: index.ntotal,
      distances: [...distances],
      labels: [...labels].map(String),
    };
  }

  /** How far distances may lie apart. */
  function toleranceOf(mine: Answer, { description, metric }: Case): number {
    // Normalised in double here and in float there: components differ by one rounding or two of 2^-24; L1 adds them all up.
    const normalised = !description.includes('L2norm') ? 0 : metric === 'l1' ? 1e-5 : 1e-6;
    // Rounded in other places, each relative to the components of the vectors, which are larger than their differences.
    return learns(description) ? normalised + 2e-5 * Math.max(...mine.distances.map(Math.abs)) : normalised;
  }

  function expectSame(mine: Answer, theirs: Answer, shape: Case): void {
    const tolerance = toleranceOf(mine, shape);
    expect(mine.ntotal).toBe(theirs.ntotal);
    if (tolerance === 0) {
      expect(mine.distances).toEqual(theirs.distances);
    } else {
      mine.distances.forEach((distance, i) => {
        expect(Math.abs(distance - theirs.distances[i]!)).toBeLessThan(tolerance);
      });
    }
    // Ties (and, normalised, near ties) are ordered otherwise in Faiss; in this data nearly nothing ties.
    const clear = mine.labels.map((_, i) => {
      const others = [i - 1, i + 1].filter((j) => Math.floor(j / K) === Math.floor(i / K));
      const last = i % K === K - 1; // may tie with the first that is not listed
      return !last && others.every((j) => Math.abs(mine.distances[j]! - mine.distances[i]!) > tolerance);
    });
    expect(clear.filter(Boolean).length).toBeGreaterThan(0.8 * clear.length);
    expect(mine.labels.filter((_, i) => clear[i])).toEqual(theirs.labels.filter((_, i) => clear[i]));
  }

  describe('the same vectors', () => {
    /** What Faiss answers from our file and from its own, per case. Asked for all at once: Python takes a second to start. */
    const theirs: { ours: Answer; own: Answer }[] = [];
    const name = (shape: Case, kind: string) => at(`${CASES.indexOf(shape)} ${kind}`);

    function make({ description, metric, d }: Case, vectors: Float32Array, ids: BigInt64Array): Index {
      const index = indexFactory(d, description, metric);
      if (!index.isTrained) index.trainSync(vectors);
      if (description.includes('IDMap')) index.addWithIdsSync(vectors, ids);
      else index.addSync(vectors);
      return index;
    }

    beforeAll(async () => {
      const jobs: Job[] = [];
      for (const shape of CASES) {
        const { vectors, ids, queries } = data(shape);
        const inputs = { vectors: name(shape, 'vectors'), ids: name(shape, 'ids'), queries: name(shape, 'queries') };
        writeFileSync(inputs.vectors, vectors);
        writeFileSync(inputs.ids, ids);
        writeFileSync(inputs.queries, queries);
        await writeIndex(make(shape, vectors, ids), name(shape, 'ours'));
        const { description, metric, d } = shape;
        const [ours, own, saved] = [name(shape, 'ours'), name(shape, 'theirs'), name(shape, 'ours saved by them')];
        const given = description.includes('IDMap') ? inputs.ids : null;
        jobs.push({ do: 'write', description, metric, d, vectors: inputs.vectors, ids: given, path: own });
        jobs.push({ do: 'answer', path: ours, queries: inputs.queries, k: K, saved });
        jobs.push({ do: 'answer', path: own, queries: inputs.queries, k: K, saved: null });
      }
      const answers = ask<Answer>(jobs);
      CASES.forEach((_, i) => {
        theirs.push({ ours: answers[3 * i + 1]!, own: answers[3 * i + 2]! });
      });
    });

    const expectEqualFiles = (a: string, b: string) => expect(readFileSync(a).equals(readFileSync(b))).toBe(true);

    test.each(CASES)('written here, read there: $description, $metric, $n × $d', async (shape) => {
      const { vectors, ids, queries } = data(shape);
      expectSame(await ours(make(shape, vectors, ids), queries), theirs[CASES.indexOf(shape)]!.ours, shape);
      expectEqualFiles(name(shape, 'ours saved by them'), name(shape, 'ours'));
    });

    test.each(CASES)('written there, read here: $description, $metric, $n × $d', async (shape) => {
      const index = await readIndex(name(shape, 'theirs'));
      expectSame(await ours(index, data(shape).queries), theirs[CASES.indexOf(shape)]!.own, shape);
      await writeIndex(index, name(shape, 'theirs saved by us'));
      expectEqualFiles(name(shape, 'theirs saved by us'), name(shape, 'theirs'));
    });

    // Normalised components may differ in the last bit.
    test.each(CASES.filter(({ description }) => !description.includes('L2norm') && !learns(description)))(
      'the same bytes: $description, $metric, $n × $d',
      (shape) => expectEqualFiles(name(shape, 'ours'), name(shape, 'theirs')),
    );
  });

  test.each(METRICS)('after a removal, and with bytes behind the index, %s', async (metric) => {
    const shape = { description: 'IDMap,Flat', metric, n: 3000, d: 3 };
    const { vectors, ids, queries } = data(shape);
    const index = indexFactory(3, 'IDMap,Flat', metric);
    await index.addWithIds(vectors, ids);
    expect(await index.removeIds(new IDSelectorBatch(ids.filter((_, i) => i % 3 === 0)))).toBe(1000);
    await writeIndex(index, at('removed'));
    writeFileSync(at('removed'), 'a trailer', { flag: 'a' });
    writeFileSync(at('queries'), queries);
    const [theirs] = ask<Answer>([{ do: 'answer', path: at('removed'), queries: at('queries'), k: K, saved: null }]);
    expect(theirs!.kind).toBe('IndexIDMap');
    expectSame(await ours(index, queries), theirs!, shape);
    expectSame(await ours(await readIndex(at('removed')), queries), theirs!, shape);
  });

  test('empty indexes', async () => {
    writeFileSync(at('nothing'), '');
    const jobs: Job[] = [];
    const descriptions = DESCRIPTIONS.filter((description) => !learns(description)); // Faiss searches no other
    for (const description of descriptions) {
      await writeIndex(indexFactory(5, description), at(`${description} ours`));
      const nothing = { vectors: at('nothing'), ids: description.includes('IDMap') ? at('nothing') : null };
      jobs.push({ do: 'write', description, metric: 'l2', d: 5, ...nothing, path: at(`${description} theirs`) });
      jobs.push({
        do: 'answer',
        path: at(`${description} ours`),
        queries: at('nothing'),
        k: 1,
        saved: at(description),
      });
    }
    ask(jobs);
    for (const description of descriptions) {
      const bytes = readFileSync(at(`${description} ours`));
      expect(readFileSync(at(`${description} theirs`)).equals(bytes)).toBe(true);
      expect(readFileSync(at(description)).equals(bytes)).toBe(true);
      expect((await readIndex(at(`${description} theirs`))).ntotal).toBe(0);
    }
  });
});
