/**
 * Shards of inverted files, which hold some of the centroids of a larger index, both ways between this package and Faiss:
 * made by Faiss of an index from here, searched with any nprobe on both sides, filled on either and saved again.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  IndexFlat,
  IndexIDMap2,
  type IndexIVF,
  indexFactory,
  type Metric,
  readIndex,
  readIndexSync,
  tune,
  writeIndexSync,
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

const [N, D, K, QUERIES, NLIST] = [3000, 12, 10, 30, 40];
const PROBES = [1, 3, 8, NLIST];
/** As the second of three shards, and as many without numbers. */
const LISTS = Array.from({ length: NLIST / 4 }, (_, i) => 1 + 3 * i);

const CASES = (['l2', 'ip'] as const).flatMap((metric: Metric) =>
  ['IVF40,Flat', 'IVF40,SQ8', 'IVF40,SQfp16', 'L2norm,IVF40,Flat'].flatMap((description) =>
    [true, false].map((withIds) => ({ metric, description, withIds, ids: withIds ? 'with ids' : 'without ids' })),
  ),
);
type Case = (typeof CASES)[number];
/** In the lists of the whole index, of which the shard reaches some; added by Faiss to the shard; added here to the shard. */
const FILLED = ['before', 'by them', 'by us'] as const;

const random = new Random(12);
const [vectors, queries] = [random.integers(N * D, -300, 300), random.integers(QUERIES * D, -300, 300)];

describe.skipIf(missing !== undefined)('shards, both ways with Faiss', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);
  const file = (one: Case, kind: string) => at(`${CASES.indexOf(one)} ${kind}`);
  const theirs = new Map<string, Answer>();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'voronode-shards-'));
    writeFileSync(at('vectors'), vectors);
    writeFileSync(at('queries'), queries);
    const jobs: Job[] = [];
    for (const one of CASES) {
      const index = indexFactory(D, one.description, one.metric);
      index.trainSync(vectors);
      writeIndexSync(index, file(one, 'empty'));
      index.addSync(vectors);
      writeIndexSync(index, file(one, 'full'));
      const shard = (path: string, out: string, added: string | null) =>
        jobs.push({ do: 'shard', path, out, lists: LISTS, withIds: one.withIds, vectors: added });
      shard(file(one, 'full'), file(one, 'before'), null);
      shard(file(one, 'empty'), file(one, 'by them'), at('vectors'));
      shard(file(one, 'empty'), file(one, 'unfilled'), null);
    }
    ask(jobs);
    for (const one of CASES) {
      const index = readIndexSync(file(one, 'unfilled'));
      index.addSync(vectors);
      writeIndexSync(index, file(one, 'by us'));
    }
    const asked = CASES.flatMap((one) =>
      FILLED.flatMap((kind) => PROBES.map((nprobe) => ({ path: file(one, kind), nprobe }))),
    );
    const answers = ask<Answer>(
      asked.map(({ path, nprobe }) => {
        return { do: 'answer', path, queries: at('queries'), k: K, saved: `${path} saved by them`, nprobe };
      }),
    );
    asked.forEach(({ path, nprobe }, i) => {
      theirs.set(`${path} ${nprobe}`, answers[i]!);
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe.each(CASES)('$description, $metric, $ids', (one) => {
    test.each(FILLED)('filled %s: the same answers, the same bytes', async (kind) => {
      const path = file(one, kind);
      const index = await readIndex(path);
      expect([index.ntotal, index.isTrained]).toEqual([N, true]);
      for (const nprobe of PROBES) {
        const mine = answerOf(index, await index.search(queries, K, { nprobe }));
        expectSame(mine, theirs.get(`${path} ${nprobe}`)!, K, one.description);
      }
      writeIndexSync(index, `${path} saved by us`);
      for (const side of ['us', 'them'])
        expect(readFileSync(`${path} saved by ${side}`).equals(readFileSync(path))).toBe(true);
    });

    // Codes and normalised vectors are rounded, and may differ in their last bits.
    test.skipIf(one.description !== 'IVF40,Flat')('filled on either side: the same file', () => {
      const [ours, other] = ['by us', 'by them'].map((kind) => readFileSync(file(one, kind)));
      expect(ours!.equals(other!)).toBe(true);
    });
  });

  test('the quantizer is the map, with the numbers of the lists as ids; tune works', async () => {
    const [mapped, plain] = [true, false].map((withIds) =>
      readIndexSync<IndexIVF>(
        file(CASES.find((one) => one.withIds === withIds && one.description === 'IVF40,Flat')!, 'by us'),
      ),
    );
    const { quantizer } = mapped!;
    expect(quantizer).toBeInstanceOf(IndexIDMap2);
    expect((quantizer as IndexIDMap2).index).toBeInstanceOf(IndexFlat);
    expect([...(await quantizer.ids())].map(Number)).toEqual(LISTS);
    expect(() => quantizer.addWithIdsSync(new Float32Array(D), [1])).toThrow(/belongs to a wrapper/);
    expect(plain!.quantizer).toBeInstanceOf(IndexFlat);
    expect(plain!.quantizer.ntotal).toBe(LISTS.length);
    expect([...mapped!.listSizesSync()].flatMap((size, list) => (size > 0 ? [list] : []))).toEqual(LISTS);
    const { curve } = await tune(mapped!, queries, { k: K, recall: 1 });
    expect(curve.at(-1)).toMatchObject({ nprobe: NLIST, recall: 1 });
    expect(() => mapped!.trainSync(vectors)).toThrow(
      expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED', message: expect.stringMatching(/call reset\(\)/) }),
    );
    mapped!.resetSync();
    expect(() => mapped!.trainSync(vectors)).toThrow(
      /Ids say which lists the 10 centroids of this IndexIVFFlat are of/,
    );
  });
});
