/** Files of Faiss (test/golden, made by scripts/golden.py) give Faiss's answers, here without Faiss. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  deserializeIndex,
  deserializeIndexSync,
  type Index,
  IndexScalarQuantizer,
  indexFactory,
  type Metric,
  readIndex,
  readIndexSync,
  type ScalarCode,
  serializeIndexSync,
} from '../../lib/index.js';

interface Entry {
  bytes: number;
  sha256: string;
}

interface Answered extends Entry {
  kind: string;
  /** null: of what no factory makes. */
  description: string | null;
  d: number;
  metric: Metric;
  ntotal: number;
  /** Per row; strings, as JSON has no int64. */
  ids: string[];
  /** What is given back of each row, ntotal × d. */
  stored: number[];
  queries: number[];
  k: number;
  distances: number[];
  labels: string[];
  /** Of an IVF: lists, those visited by default (as many as the answers above are of), and answers for 1, 2, … of them. */
  nlist?: number;
  nprobe?: number;
  probes?: { distances: number[]; labels: string[] }[];
  /** The least and the greatest component of the training, where codes have ranges. */
  ranges?: [number, number];
  /** Another file that has the bytes to be saved. */
  resaved?: string;
}

interface Untrained extends Entry {
  kind: string;
  d: number;
  metric: Metric;
  description: string;
  untrained: true;
}

interface Refused extends Entry {
  /** What the refusal must name. */
  refused: string[];
}

const folder = join(__dirname, '..', 'golden');
const listing: { faiss: string; files: Record<string, Answered | Untrained | Refused> } = JSON.parse(
  readFileSync(join(folder, 'golden.json'), 'utf8'),
);
const files = Object.entries(listing.files);
const answered = files.filter((file): file is [string, Answered] => 'labels' in file[1]);
const untrained = files.filter((file): file is [string, Untrained] => 'untrained' in file[1]);
const refused = files.filter((file): file is [string, Refused] => 'refused' in file[1]);

/** A Faiss class under its name here: flat indexes are named by their metric. */
const className = ({ kind, metric }: Answered | Untrained) =>
  kind === 'IndexFlat' ? { l2: 'IndexFlatL2', ip: 'IndexFlatIP', l1: kind, linf: kind }[metric] : kind;

/** The uniform codes have no names in descriptions. */
const made = ({ d, description, metric }: Pick<Answered, 'd' | 'metric'> & { description: string }): Index =>
  description.endsWith('_uniform')
    ? new IndexScalarQuantizer(d, description as ScalarCode, { metric })
    : indexFactory(d, description, metric);

test('the listing and the files agree', () => {
  const present = readdirSync(folder).filter((name) => name.endsWith('.faiss'));
  expect(present.sort()).toEqual(files.map(([name]) => name).sort());
  for (const [name, { bytes, sha256 }] of files) {
    const data = readFileSync(join(folder, name));
    expect([name, data.length, createHash('sha256').update(data).digest('hex')]).toEqual([name, bytes, sha256]);
  }
});

describe.each(answered)('%s', (name, entry) => {
  const bytes = readFileSync(join(folder, name));

  test.each([
    ['from the file', () => readIndexSync(join(folder, name))],
    ['from the file, off the loop', () => readIndex(join(folder, name))],
    ['from bytes', () => deserializeIndexSync(bytes)],
    ['from bytes, off the loop', () => deserializeIndex(bytes)],
  ])('answers as Faiss does: %s', async (_, read) => {
    const index = await read();
    expect(index.constructor.name).toBe(className(entry));
    expect([index.d, index.metric, index.ntotal, index.isTrained]).toEqual([entry.d, entry.metric, entry.ntotal, true]);
    const { distances, labels } = index.searchSync(Float32Array.from(entry.queries), entry.k);
    expect([...distances]).toEqual(entry.distances);
    expect([...labels].map(String)).toEqual(entry.labels);
  });

  test('holds every row', () => {
    const index = readIndexSync(join(folder, name));
    entry.ids.forEach((id, i) => {
      if (entry.ids.lastIndexOf(id) !== i) return; // of equal ids the last is the one that is found
      const row = entry.stored.slice(i * entry.d, (i + 1) * entry.d);
      expect([...index.reconstructSync(BigInt(id))]).toEqual(row);
    });
  });

  test('is saved as the same bytes', () => {
    const expected = entry.resaved === undefined ? bytes : readFileSync(join(folder, entry.resaved));
    expect(Buffer.from(serializeIndexSync(deserializeIndexSync(bytes))).equals(expected)).toBe(true);
  });

  test.skipIf(entry.probes === undefined)('answers for any number of lists', () => {
    const index = readIndexSync(join(folder, name));
    const queries = Float32Array.from(entry.queries);
    entry.probes?.forEach((expected, i) => {
      const { distances, labels } = index.searchSync(queries, entry.k, { nprobe: i + 1 });
      expect([i + 1, ...distances]).toEqual([i + 1, ...expected.distances]);
      expect([...labels].map(String)).toEqual(expected.labels);
    });
  });

  // The factory here offers only what it documents; this kind comes from files alone. Of an IVF it makes one that must be
  // trained, which does not give Faiss's centroids.
  const { description } = entry;
  test.skipIf(description === null || description === 'L2norm,IDMap,Flat' || entry.nlist !== undefined)(
    'is what the factory makes of the same vectors',
    () => {
      const index = made({ ...entry, description: description as string });
      const vectors = Float32Array.from(entry.stored);
      if (entry.ranges)
        index.trainSync(Float32Array.from({ length: 2 * entry.d }, (_, i) => entry.ranges![+(i >= entry.d)]!));
      if (entry.kind.startsWith('IndexIDMap')) index.addWithIdsSync(vectors, entry.ids.map(BigInt));
      else index.addSync(vectors);
      const expected = entry.resaved === undefined ? bytes : readFileSync(join(folder, entry.resaved));
      expect(Buffer.from(serializeIndexSync(index)).equals(expected)).toBe(true);
    },
  );
});

describe.each(untrained)('%s', (name, entry) => {
  const bytes = readFileSync(join(folder, name));

  test('says that it is not trained', () => {
    const index = readIndexSync(join(folder, name));
    expect(index.constructor.name).toBe(className(entry));
    expect([index.d, index.metric, index.ntotal, index.isTrained]).toEqual([entry.d, entry.metric, 0, false]);
    const expected = expect.objectContaining({ code: 'ERR_VORONODE_NOT_TRAINED' });
    expect(() => index.searchSync(new Float32Array(entry.d), 1)).toThrow(expected);
  });

  test('is saved as the same bytes, which are those of what the factory makes', () => {
    expect(Buffer.from(serializeIndexSync(deserializeIndexSync(bytes))).equals(bytes)).toBe(true);
    const made = indexFactory(entry.d, entry.description, entry.metric);
    expect(Buffer.from(serializeIndexSync(made)).equals(bytes)).toBe(true);
  });
});

describe.each(refused)('%s', (name, { refused: names }) => {
  test('is refused by name', async () => {
    const path = join(folder, name);
    const error = await readIndex(path).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toBe('ERR_VORONODE_UNSUPPORTED');
    for (const part of [path, ...names]) expect(error.message).toContain(part);
    expect(() => deserializeIndexSync(readFileSync(path))).toThrow(
      expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED', message: error.message.replace(path, '<buffer>') }),
    );
  });
});
