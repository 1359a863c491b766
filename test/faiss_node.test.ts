/** `voronode/faiss-node` beside what faiss-node 0.5.1 itself answered (golden/faiss_node.json), and where the two part. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as faiss from '../lib/faiss_node.js';
import {
  IndexIDMap,
  IndexKeyMap,
  indexFactory,
  IndexFlatL2 as OwnFlatL2,
  serializeIndexSync,
  writeIndexSync,
} from '../lib/index.js';
import { root } from './addon.js';
import { cases, outcomes } from './faiss_node/cases.mjs';
import { Random } from './random.js';

type Outcome = { value: unknown } | { error: string; message: string };

const { Index, IndexFlatIP, IndexFlatL2, MetricType } = faiss;

let folder = '';
let ours: Record<string, Outcome> = {};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'voronode-'));
  ours = outcomes(faiss, folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The end of the sentence in which the factory refuses what Faiss alone has. */
const OFFERED = (() => {
  try {
    return indexFactory(2, 'PQ4').toString();
  } catch (error) {
    return (error as Error).message.split('offered are ')[1];
  }
})();

/** Cases that end otherwise than in faiss-node. Where both are errors, the one there is in Faiss's words. */
const differs: Record<string, Outcome> = {
  // Of equals the smaller label first, here by any metric.
  'IndexFlatIP measures products': { value: { distances: [7, 1, 1], labels: [1, 0, 2] } },
  'merge another metric': {
    error: 'Error',
    message:
      "Only an index of the same kind, metric and d can be merged into this IndexFlat ('l2') of d 2. Received IndexFlat ('ip') of d 2",
  },
  'read what is not there': {
    error: 'Error',
    message: 'Error in voronode/faiss-node: could not open not_there for reading: No such file or directory',
  },
  'fromBuffer of other bytes': { error: 'Error', message: expect.stringContaining('byte 0') },
  'fromFactory HNSW,Flat': {
    error: 'Error',
    message: `The index description part "HNSW" is known to Faiss but not offered by this version; offered are ${OFFERED}`,
  },
  'fromFactory of no kind': {
    error: 'TypeError',
    message: `The argument 'description' is malformed at position 0: expected ${OFFERED}. Received 'Nothing'`,
  },
};

describe('as faiss-node', () => {
  const record = JSON.parse(readFileSync(join(root, 'test', 'golden', 'faiss_node.json'), 'utf8')) as {
    outcomes: Record<string, Outcome>;
  };

  test('every case was recorded, and every difference is one', () => {
    expect(Object.keys(record.outcomes)).toEqual(Object.keys(cases));
    for (const name of Object.keys(differs)) expect(record.outcomes[name], name).not.toEqual(differs[name]);
  });

  test.each(Object.keys(cases))('%s', (name) => {
    expect(ours[name]).toEqual(differs[name] ?? record.outcomes[name]);
  });
});

/** Calls after which faiss-node, or Faiss in it, ends the process. */
describe('where faiss-node ends the process', () => {
  test.each([
    ['k = 0', () => four().search([1, 2], 0), { code: 'ERR_OUT_OF_RANGE' }],
    ['k not a number at all', () => four().search([1, 2], Number.NaN), 'Invalid the number of k'],
    ['no dimension', () => new (IndexFlatL2 as unknown as new () => unknown)(), 'must be a number'],
    ['a dimension of 0', () => new IndexFlatIP(0), { code: 'ERR_OUT_OF_RANGE', name: 'RangeError' }],
    ['a negative dimension', () => new Index(-3), /integer >= 1.*Received -3/],
    ['a factory of dimension 0', () => Index.fromFactory(0, 'Flat'), { code: 'ERR_OUT_OF_RANGE' }],
    ['a write to nowhere', () => four().write(join('nowhere', 'x')), { code: 'ENOENT' }],
    [
      'an add before training',
      () => Index.fromFactory(2, 'IVF2,Flat').add([1, 2]),
      { code: 'ERR_VORONODE_NOT_TRAINED' },
    ],
    [
      'ids that are missing',
      () => Index.fromFactory(2, 'IDMap,Flat').add([1, 2]),
      { code: 'ERR_VORONODE_UNSUPPORTED' },
    ],
    ['too few to train', () => Index.fromFactory(2, 'IVF2,Flat').train([1, 2]), { code: 'ERR_INVALID_ARG_VALUE' }],
    ['a method of nothing', () => Index.prototype.ntotal.call({} as never), TypeError],
  ])('%s is an error', (_name, run, expected) => {
    if (typeof expected === 'object' && !(expected instanceof RegExp)) {
      expect(run).toThrow(expect.objectContaining(expected));
    } else expect(run).toThrow(expected);
  });
});

describe('beyond faiss-node', () => {
  test('NaN and infinity are refused, what is no id as well', () => {
    const index = four();
    expect(() => index.add([1, Number.NaN])).toThrow(/finite. Received NaN at row 0, component 1/);
    expect(() => index.search([1, 1e300], 1)).toThrow(/finite. Received Infinity/);
    expect(() => index.removeIds([Number.NaN])).toThrow(RangeError);
    expect(() => index.removeIds([2 ** 64])).toThrow(RangeError);
    expect(index.ntotal()).toBe(4);
  });

  test('the flat classes are subclasses of Index, as its declarations say, with all that it has', () => {
    expect(new IndexFlatL2(2)).toBeInstanceOf(Index);
    expect(IndexFlatIP.fromFactory(2, 'Flat')).toBeInstanceOf(Index);
    class Own extends IndexFlatIP {
      constructor() {
        super(2);
      }
    }
    expect(new Own().getDimension()).toBe(2);
  });

  test('the default is the whole module', () => {
    expect(faiss.default.IndexFlatL2).toBe(IndexFlatL2);
    expect(Object.keys(faiss.default).sort()).toEqual(Object.keys(faiss).sort());
  });

  test('nothing shows but the class', () => {
    expect(Object.keys(four())).toEqual([]);
  });

  test('a missing file has the code and path of node:fs', () => {
    const expected = { code: 'ENOENT', syscall: 'open', path: 'not_there', cause: expect.any(Error) };
    expect(() => Index.read('not_there')).toThrow(expect.objectContaining(expected));
    const path = join(folder, 'a folder, with a comma');
    mkdirSync(path);
    expect(() => Index.read(path)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
    expect(() => Index.read(join(path, 'none'))).toThrow(/: No such file or directory$/);
  });

  test('a file is written as a whole or not at all', () => {
    const path = join(folder, 'whole.index');
    writeFileSync(path, 'before');
    four().write(path);
    expect(IndexFlatL2.read(path).ntotal()).toBe(4);
  });
});

describe('mergeFrom', () => {
  test('moves many rows as they are, and leaves both as they were when it fails', () => {
    const random = new Random(5);
    const rows = (n: number) => Array.from({ length: n * 7 }, () => random.integer(-99, 99) / 8);
    const [a, b] = [rows(700), rows(333)];
    const [into, from, both] = [new IndexFlatIP(7), new IndexFlatIP(7), new IndexFlatIP(7)];
    into.add(a);
    from.add(b);
    both.add([...a, ...b]);
    expect(() => into.mergeFrom(into)).toThrow('itself');
    expect(() => into.mergeFrom(Index.fromFactory(7, 'L2norm,Flat') as never)).toThrow(
      "into this IndexFlat ('ip') of d 7. Received IndexPreTransform",
    );
    expect([into.ntotal(), from.ntotal()]).toEqual([700, 333]);
    into.mergeFrom(from);
    expect([into.ntotal(), from.ntotal()]).toEqual([1033, 0]);
    expect(into.toBuffer().equals(both.toBuffer())).toBe(true);
  });

  test('of inverted files, with the labels they have', () => {
    const into = Index.fromFactory(1, 'IVF2,Flat');
    into.train([0, 1, 100, 101]);
    const from = Index.fromBuffer(into.toBuffer());
    into.add([0, 100]);
    from.add([1, 101, 102]);
    into.mergeFrom(from);
    expect([into.ntotal(), from.ntotal()]).toEqual([5, 0]);
    expect(into.search([101], 3)).toEqual({ distances: [0, 1, 1], labels: [1, 1, 2] });
  });
});

describe('with voronode itself', () => {
  test('the files are the same, with labels beyond the positions', () => {
    const own = new IndexIDMap(new OwnFlatL2(2));
    own.addWithIdsSync(Float32Array.of(1, 1, 2, 2), [2n ** 40n + 1n, -7n]);
    const path = join(folder, 'own.faiss');
    writeIndexSync(own, path);
    const index = Index.read(path);
    expect(index.search([2, 2], 2)).toEqual({ distances: [0, 2], labels: [-7, 2 ** 40 + 1] });
    expect(index.removeIds([-7])).toBe(1);
  });

  test('a map of keys is refused', () => {
    const path = join(folder, 'keys');
    const map = new IndexKeyMap(new OwnFlatL2(1));
    map.addWithKeysSync(Float32Array.of(1), ['a']);
    writeIndexSync(map, path);
    const bytes = Buffer.from(serializeIndexSync(map));
    for (const Class of [Index, IndexFlatL2]) {
      for (const read of [() => Class.read(path), () => Class.fromBuffer(bytes)]) {
        expect(read).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' }));
      }
    }
  });

  test('the answers are the same', () => {
    const random = new Random(8);
    const x = Array.from({ length: 500 * 24 }, () => random.integer(-1000, 1000) / 7);
    const own = indexFactory(24, 'Flat', 'ip');
    own.addSync(Float32Array.from(x));
    const index = Index.fromFactory(24, 'Flat', MetricType.METRIC_INNER_PRODUCT);
    index.add(x);
    const found = own.searchSync(Float32Array.from(x.slice(0, 240)), 20);
    expect(index.search(x.slice(0, 240), 20)).toEqual({
      distances: [...found.distances],
      labels: [...found.labels].map(Number),
    });
  });
});

function four() {
  const index = new IndexFlatL2(2);
  index.add([1, 0, 1, 2, 1, 3, 1, 1]);
  return index;
}
