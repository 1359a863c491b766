/**
 * Inverted files both ways between this package and Faiss: trained and filled on one side, read, searched with any nprobe
 * and saved again on the other. Vectors hold integers, so that distances are compared with ==; only where vectors are
 * normalised are they rounded, and where their differences from centroids are coded.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Index,
  type IndexIDMap,
  IndexRefineFlat,
  indexFactory,
  type Metric,
  readIndex,
  readIndexSync,
  writeIndex,
} from '../../lib/index.js';
import { Random } from '../random.js';
import { type Answer, ask, faiss, type Job } from './peer.js';
import { answerOf, expectSame } from './same_answers.js';

const missing = 'missing' in faiss ? faiss.missing : undefined;

test('Faiss is there', (context) => {
  if (missing === undefined) return;
  if (process.env.VORONODE_REQUIRE_FAISS === '1') throw new Error(missing);
  context.skip(missing);
});

const [N, D, K, QUERIES] = [4000, 12, 10, 30];
const PROBES = [1, 3, 8, 40];
const SAVED_NPROBE = 5;

interface Case {
  title: string;
  description: string;
  metric: Metric;
  ownIds: boolean;
  directMap?: number;
  kFactor?: number;
}

const CASES: Case[] = (['l2', 'ip'] as const).flatMap((metric) =>
  [
    { title: 'running ids', description: 'IVF40,Flat', ownIds: false },
    { title: 'own ids', description: 'IVF40,Flat', ownIds: true },
    { title: 'an array as direct map', description: 'IVF40,Flat', ownIds: false, directMap: 1 },
    { title: 'a hash table as direct map', description: 'IVF40,Flat', ownIds: true, directMap: 2 },
    { title: 'few of many lists filled', description: 'IVF40,Flat', ownIds: false },
    { title: 'in a map', description: 'IDMap,IVF40,Flat', ownIds: true },
    { title: 'in another map', description: 'IVF40,Flat,IDMap2', ownIds: true },
    { title: 'normalised', description: 'L2norm,IVF40,Flat', ownIds: false },
    { title: 'normalised, in a map', description: 'IDMap,L2norm,IVF40,Flat', ownIds: true },
    { title: 'padded', description: 'Pad16,IVF40,Flat', ownIds: true },
    { title: 'in bytes', description: 'IVF40,SQ8', ownIds: true },
    { title: 'in bytes, refined', description: 'IVF40,SQ8,RFlat', ownIds: false, kFactor: 4 },
    { title: 'in bytes, refined, in a map', description: 'IVF40,SQ8,RFlat,IDMap', ownIds: true, kFactor: 2.5 },
    { title: 'refined behind a normalisation', description: 'L2norm,IVF40,SQfp16,RFlat', ownIds: false },
    { title: 'in halves, in a map', description: 'IDMap,IVF40,SQfp16', ownIds: true },
  ].map((one) => ({ ...one, metric })),
);

const random = new Random(11);
// Around 40 centres, so that lists have something to do with the vectors.
const centres = random.integers(40 * D, -300, 300);
const around = (n: number) => {
  const out = random.integers(n * D, -60, 60);
  return out.map((value, i) => value + centres[((Math.floor(i / D) * 7) % 40) * D + (i % D)]!);
};
const [vectors, queries, ids] = [around(N), around(QUERIES), random.ids(N)];

/** The refinement that an index is, or has inside. */
function refinement(index: Index): IndexRefineFlat {
  return index instanceof IndexRefineFlat ? index : refinement((index as IndexIDMap).index);
}

describe.skipIf(missing !== undefined)('inverted files, both ways with Faiss', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);
  const file = (one: Case, kind: string) => at(`${CASES.indexOf(one)} ${kind}`);
  /** What Faiss answers from our file and from its own, per case and number of lists. */
  const theirs = new Map<string, Answer>();

  /** An index on this side; `fewer`: of a few vectors, so that most lists stay empty and the file gives sizes in pairs. */
  function make({ description, metric, ownIds, title, kFactor }: Case): Index {
    const index = indexFactory(D, description, metric);
    if (kFactor !== undefined) refinement(index).kFactor = kFactor;
    index.trainSync(vectors);
    const some = title.startsWith('few') ? vectors.subarray(0, 8 * D) : vectors;
    if (ownIds) index.addWithIdsSync(some, ids.subarray(0, some.length / D));
    else index.addSync(some);
    return index;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'voronode-ivf-'));
    writeFileSync(at('vectors'), vectors);
    writeFileSync(at('ids'), ids);
    writeFileSync(at('queries'), queries);
    const jobs: Job[] = [];
    const keys: string[] = [];
    const request = (key: string, job: Job) => {
      keys.push(key);
      jobs.push(job);
    };
    for (const one of CASES) {
      await writeIndex(make(one), file(one, 'ours'));
      const { description, metric, ownIds, directMap, kFactor } = one;
      const given = ownIds ? at('ids') : null;
      const map = { ...(directMap && { directMap }), ...(kFactor && { kFactor }) };
      const inputs = { description, metric, d: D, vectors: at('vectors'), ids: given, nprobe: SAVED_NPROBE, ...map };
      request('', { do: 'write', ...inputs, path: file(one, 'theirs') });
      for (const side of ['ours', 'theirs']) {
        for (const nprobe of PROBES) {
          const saved = side === 'ours' && nprobe === PROBES[0] ? file(one, 'ours saved by them') : null;
          const job = { path: file(one, side), queries: at('queries'), k: K, saved, nprobe };
          request(`${CASES.indexOf(one)} ${side} ${nprobe}`, { do: 'answer', ...job });
        }
      }
    }
    const answers = ask<Answer>(jobs);
    keys.forEach((key, i) => {
      theirs.set(key, answers[i]!);
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function compare(index: Index, one: Case, side: string): Promise<void> {
    for (const nprobe of PROBES) {
      const mine = answerOf(index, await index.search(queries, K, { nprobe }));
      const answer = theirs.get(`${CASES.indexOf(one)} ${side} ${nprobe}`)!;
      expectSame(mine, answer, K, one.description);
    }
  }

  const expectEqualFiles = (a: string, b: string) => expect(readFileSync(a).equals(readFileSync(b))).toBe(true);

  test.each(CASES)('trained and filled here, read there: $title, $metric', async (one) => {
    await compare(await readIndex(file(one, 'ours')), one, 'ours');
    expectEqualFiles(file(one, 'ours saved by them'), file(one, 'ours'));
  });

  test.each(CASES)('trained and filled there, read here: $title, $metric', async (one) => {
    const index = await readIndex(file(one, 'theirs'));
    await compare(index, one, 'theirs');
    const found = await index.search(queries, K);
    const five = await index.search(queries, K, { nprobe: SAVED_NPROBE });
    expect(found.labels).toEqual(five.labels);
    await writeIndex(index, file(one, 'theirs saved by us'));
    if (one.directMap !== 2) return expectEqualFiles(file(one, 'theirs saved by us'), file(one, 'theirs'));
    // Hash tables have orders of their own; read again they say the same.
    const sizes = ['theirs saved by us', 'theirs'].map((kind) => readFileSync(file(one, kind)).length);
    expect(sizes[0]).toBe(sizes[1]);
    await compare(readIndexSync(file(one, 'theirs saved by us')), one, 'theirs');
  });
});
