/** Files of an IndexKeyMap in Faiss: it reads an IndexIDMap whose ids are the places of the keys, and ignores these. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { IndexIDMap, IndexKeyMap, indexFactory, readIndexSync, writeIndexSync } from '../../lib/index.js';
import { ODD } from '../keys/keys.js';
import { Random } from '../random.js';
import { type Answer, ask, faiss } from './peer.js';

const missing = 'missing' in faiss ? faiss.missing : undefined;
const D = 4;
const K = 8;

describe.skipIf(missing !== undefined)('Faiss', () => {
  const folder = mkdtempSync(join(tmpdir(), 'voronode-keys-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);

  test.each(['Flat', 'IVF4,Flat', 'SQ8', 'PCA2,Flat', 'Flat,RFlat'])('reads %s', (description) => {
    const random = new Random(3);
    const inner = indexFactory(D, description);
    inner.trainSync(random.floats(200 * D), { minPointsPerCentroid: 1 });
    const index = new IndexKeyMap(inner);
    index.addWithKeysSync(random.integers(ODD.length * D, -1000, 1000), ODD);
    index.removeKeysSync(['', 'a']);
    index.upsertSync(random.integers(2 * D, -1000, 1000), ['é', 'new']);
    const queries = random.integers(5 * D, -1000, 1000);
    writeFileSync(at('queries'), queries);
    writeIndexSync(index, at('ours'));
    const probes = description.startsWith('IVF') ? { nprobe: 4 } : {};
    const [theirs] = ask<Answer>([
      { do: 'answer', path: at('ours'), queries: at('queries'), k: K, saved: at('theirs'), ...probes },
    ]);
    const keys = index.keysSync();
    const found = index.searchSync(queries, K, probes);
    expect([theirs!.kind, theirs!.ntotal]).toEqual(['IndexIDMap', keys.length]);
    expect(theirs!.labels.map((label) => keys[Number(label)])).toEqual([...found].flatMap((row) => row.keys));
    for (const [i, distance] of found.distances.entries()) {
      expect(Math.abs(distance - theirs!.distances[i]!)).toBeLessThanOrEqual(1e-5 * distance);
    }
    // What Faiss saves has no keys, and says so.
    const back = readIndexSync<IndexIDMap>(at('theirs'));
    expect(back).toBeInstanceOf(IndexIDMap);
    expect([...back.idsSync()]).toEqual(keys.map((_, i) => BigInt(i)));
  });
});
