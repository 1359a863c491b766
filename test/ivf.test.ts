import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  IDSelectorRange,
  type Index,
  IndexFlat,
  IndexFlatIP,
  IndexFlatL2,
  IndexIDMap,
  IndexIVF,
  IndexIVFFlat,
  type IndexIVFFlatOptions,
  indexFactory,
  type Metric,
} from '../lib/index.js';
import { testIndex } from './contract.js';
import { hostile } from './hostile.js';
import { Mirror } from './mirror.js';
import { Random } from './random.js';
import { expectFound, expectSameBits, readBack } from './subject.js';

/** With centroids of whole numbers, so that nothing needs training; visits all its lists. */
function given(d: number, nlist: number, options: IndexIVFFlatOptions = {}): IndexIVFFlat {
  const quantizer = new IndexFlat(d, { metric: options.metric ?? 'l2' });
  quantizer.addSync(new Random(d).integers(nlist * d));
  return new IndexIVFFlat(d, nlist, { nprobe: nlist, quantizer, ...options });
}

/** Trained by k-means; visits all its lists. */
function trained<T extends Index>(index: T): T {
  index.trainSync(new Random(5).integers(400 * index.d));
  return index;
}

const caller = { mapped: true, numbers: true };
testIndex('IndexIVFFlat by distance', (d) => given(d, 5), { metric: 'l2', ...caller });
testIndex('IndexIVFFlat by inner product', (d) => given(d, 5, { metric: 'ip' }), { metric: 'ip', ...caller });
testIndex('IndexIVFFlat without sketches', (d) => given(d, 5, { sketch: false }), { metric: 'l2', ...caller });
testIndex('IndexIDMap of IndexIVFFlat', (d) => trained(new IndexIDMap(new IndexIVFFlat(d, 3, { nprobe: 3 }))), {
  metric: 'l2',
  mapped: true,
});
testIndex('L2norm,IVF1,Flat', (d) => trained(indexFactory(d, 'L2norm,IVF1,Flat', 'ip')), {
  metric: 'ip',
  normalizes: true,
  ...caller,
});

const unsupported = (message: RegExp) =>
  expect.objectContaining({ name: 'Error', code: 'ERR_VORONODE_UNSUPPORTED', message: expect.stringMatching(message) });

describe('making an IndexIVFFlat', () => {
  test('says what it is', () => {
    const index = new IndexIVFFlat(3, 7);
    expect([index.d, index.metric, index.nlist, index.nprobe, index.ntotal, index.isTrained]).toEqual([
      ...[3, 'l2', 7, 1, 0, false],
    ]);
    expect(index).toBeInstanceOf(IndexIVF);
    expect([...index.listSizesSync()]).toEqual(Array(7).fill(0));
    expect(index.imbalanceSync()).toBe(1);
    expect(inspect(index, { breakLength: Infinity })).toBe(
      "IndexIVFFlat { d: 3, ntotal: 0, metric: 'l2', nlist: 7, nprobe: 1, isTrained: false }",
    );
    index.close();
    expect(inspect(index)).toBe("IndexIVFFlat { d: 3, closed: true, metric: 'l2' }");
    expect(() => index.nprobe).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_CLOSED' }));
    expect(new IndexIVFFlat(3, 7, { metric: 'ip', nprobe: 4, sketch: undefined, quantizer: undefined }).nprobe).toBe(4);
    expect(() => new (IndexIVF as unknown as new () => Index)()).toThrow(unsupported(/no public constructor/));
  });

  test.each(Object.entries(hostile))('%s is no nlist, and nothing else either', (title, make) => {
    const isNumber = typeof make() === 'number';
    const error = (name: string) =>
      expect.objectContaining({
        name: isNumber ? 'RangeError' : 'TypeError',
        code: isNumber ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE',
        message: expect.stringContaining(`"${name}"`),
      });
    if (title !== '1') {
      expect(() => new IndexIVFFlat(make() as number, 2)).toThrow(error('d'));
      expect(() => new IndexIVFFlat(2, make() as number)).toThrow(error('nlist'));
    }
    const index = new IndexIVFFlat(2, 2);
    const natural = isNumber && Number.isSafeInteger(make()) && (make() as number) >= 1;
    const assign = () => {
      index.nprobe = make() as number;
    };
    if (!natural) expect(assign).toThrow(error('nprobe'));
    expect(index.nprobe).toBe(1);
    if (title === 'undefined') return;
    const options = (name: string) => ({ [name]: make() }) as IndexIVFFlatOptions;
    if (!natural) expect(() => new IndexIVFFlat(2, 2, options('nprobe'))).toThrow(error('options.nprobe'));
    if (!natural)
      expect(() => index.searchSync(new Float32Array(2), 1, options('nprobe'))).toThrow(error('options.nprobe'));
    const typeError = { code: 'ERR_INVALID_ARG_TYPE' };
    if (title !== 'index') {
      expect(() => new IndexIVFFlat(2, 2, options('quantizer'))).toThrow(expect.objectContaining(typeError));
    }
    if (typeof make() !== 'boolean') {
      expect(() => new IndexIVFFlat(2, 2, options('sketch'))).toThrow(expect.objectContaining(typeError));
    }
  });

  test('nlist has its bounds', () => {
    expect(() => new IndexIVFFlat(2, 2 ** 24 + 1)).toThrow(/"nlist" .*<= 16777216\. Received 16777217/);
  });
});

describe('the quantizer', () => {
  test('that is given is the very object; one of its own, and one from a file, is always the same object', () => {
    const quantizer = new IndexFlatIP(2);
    const index = new IndexIVFFlat(2, 2, { quantizer });
    expect(index.quantizer).toBe(quantizer);
    index.trainSync(Float32Array.of(1, 0, 0, 1), { minPointsPerCentroid: 1 });
    expect(quantizer.ntotal).toBe(2);
    const other = new IndexIVFFlat(2, 2);
    expect(other.quantizer).toBeInstanceOf(IndexFlatL2);
    expect(other.quantizer).toBe(other.quantizer);
    const back = readBack(index) as IndexIVFFlat;
    expect(back.quantizer).toBeInstanceOf(IndexFlatIP);
    expect(back.quantizer).toBe(back.quantizer);
    expect([...back.quantizer.reconstructSync(1)]).toEqual([0, 1]);
  });

  test('changes through the index only', async () => {
    const { quantizer } = given(2, 3);
    expect(() => quantizer.addSync(new Float32Array(2))).toThrow(unsupported(/belongs to a wrapper/));
    await expect(quantizer.removeIds([0])).rejects.toThrow(unsupported(/belongs to a wrapper/));
    expect(quantizer.ntotal).toBe(3);
    expect(() => new IndexIVFFlat(2, 3, { quantizer })).toThrow(unsupported(/wrapped by another index/));
  });

  test('that does not fit is refused, and stays free', () => {
    const quantizer = new IndexFlatL2(2);
    quantizer.addSync(new Float32Array(8));
    expect(() => new IndexIVFFlat(3, 4, { quantizer })).toThrow(
      expect.objectContaining({
        code: 'ERR_VORONODE_DIMENSION',
        message: expect.stringMatching(/d of the index, 3\. .*2/),
      }),
    );
    expect(() => new IndexIVFFlat(2, 5, { quantizer })).toThrow(unsupported(/one centroid for each of the 5 lists/));
    expect(() => new IndexIVFFlat(2, 4, { quantizer: new IndexIDMap(new IndexFlatL2(2)) })).toThrow(
      unsupported(/must be an IndexFlat\. Received IndexIDMap/),
    );
    quantizer.addSync(new Float32Array(2));
    expect(new IndexIVFFlat(2, 5, { quantizer }).isTrained).toBe(true);
  });
});

describe('nprobe', () => {
  /** The lists nearest to a query, by a plain scan of the centroids. */
  const [d, nlist, n] = [3, 12, 400];
  const lists = (metric: Metric) => {
    const index = given(d, nlist, { metric });
    const random = new Random(9);
    const vectors = random.integers(n * d);
    const ids = random.ids(n);
    index.addWithIdsSync(vectors, ids);
    const centroids = new Mirror(d, metric, true);
    centroids.add(new Random(d).integers(nlist * d));
    const mirrors = Array.from({ length: nlist }, () => new Mirror(d, metric, false));
    for (let i = 0; i < n; i++) {
      const vector = vectors.subarray(i * d, (i + 1) * d);
      const list = Number(centroids.search(vector, 1).labels[0]);
      mirrors[list]!.add(vector, ids.subarray(i, i + 1));
    }
    const visited = (query: Float32Array, nprobe: number) => {
      const all = new Mirror(d, metric, false);
      for (const list of centroids.search(query, nprobe).labels) {
        all.ids.push(...mirrors[Number(list)]!.ids);
        all.vectors.push(...mirrors[Number(list)]!.vectors);
      }
      return all;
    };
    return { index, mirrors, visited, random };
  };

  test.each(['l2', 'ip'] as const)('visits the nearest lists, and answers exactly over them: %s', async (metric) => {
    const { index, mirrors, visited, random } = lists(metric);
    expect([...index.listSizesSync()]).toEqual(mirrors.map((mirror) => mirror.ntotal));
    const squares = mirrors.reduce((sum, { ntotal }) => sum + ntotal ** 2, 0);
    expect(index.imbalanceSync()).toBeCloseTo((nlist * squares) / n ** 2, 12);
    const filter = new IDSelectorRange(0, 500);
    const member = (id: bigint) => id >= 0n && id < 500n;
    for (let nprobe = 1; nprobe <= nlist; nprobe++) {
      const query = random.integers(d);
      const expected = visited(query, nprobe);
      expectFound(index.searchSync(query, 20, { nprobe }), expected.search(query, 20));
      expectFound(await index.search(query, 20, { nprobe, filter }), expected.search(query, 20, member));
      const radius = metric === 'l2' ? 20 : 5;
      expectFound(index.rangeSearchSync(query, radius, { nprobe }), expected.rangeSearch(query, radius));
      expectFound(
        await index.rangeSearch(query, radius, { nprobe, filter }),
        expected.rangeSearch(query, radius, member),
      );
      index.nprobe = nprobe;
      expectFound(index.searchSync(query, 20), expected.search(query, 20));
    }
  });

  test('above nlist visits all; of a call leaves that of the index', async () => {
    const { index, visited, random } = lists('l2');
    const query = random.integers(d);
    index.nprobe = 2;
    const all = visited(query, nlist).search(query, 50);
    for (const nprobe of [nlist, nlist + 1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      expectFound(index.searchSync(query, 50, { nprobe }), all);
      expectFound(await index.search(query, 50, { nprobe }), all);
    }
    expect(index.nprobe).toBe(2);
    expectFound(index.searchSync(query, 50), visited(query, 2).search(query, 50));
    index.nprobe = 1000;
    expect(index.nprobe).toBe(1000);
    expectFound(index.searchSync(query, 50), all);
    expect((readBack(index) as IndexIVF).nprobe).toBe(1000);
  });

  test('reaches the lists through wrappers', () => {
    const random = new Random(3);
    const vectors = random.floats(500 * 4);
    const map = trained(new IndexIDMap(new IndexIVFFlat(4, 10)));
    const normed = trained(indexFactory(4, 'IDMap,L2norm,IVF10,Flat'));
    for (const index of [map, normed]) index.addWithIdsSync(vectors, random.ids(500));
    const found = (index: Index, nprobe: number) => index.searchSync(vectors, 500, { nprobe }).labels.indexOf(-1n);
    for (const index of [map, normed]) {
      expect(found(index, 1)).toBeGreaterThan(0);
      expect(found(index, 1)).toBeLessThan(500);
      expect(found(index, 10)).toBe(-1);
    }
  });
});

describe('ids', () => {
  test('that run go on from the largest, and none comes twice', async () => {
    const index = given(1, 2);
    const add = (n: number) => index.add(new Random(n).integers(n));
    const ids = () => [...index.searchSync(Float32Array.of(0), 100).row(0).labels].sort((a, b) => (a < b ? -1 : 1));
    await add(3);
    expect(ids()).toEqual([0n, 1n, 2n]);
    index.removeIdsSync([0]);
    await add(1); // where Faiss would give 2 again
    expect(ids()).toEqual([1n, 2n, 3n]);
    await index.add_with_ids(Float32Array.of(5, 6), [10n, -7]);
    await add(2);
    expect(ids()).toEqual([-7n, 1n, 2n, 3n, 10n, 11n, 12n]);
    index.resetSync();
    await add(1);
    expect(ids()).toEqual([0n]);
    index.addWithIdsSync(Float32Array.of(1), [2n ** 63n - 1n]);
    await expect(add(1)).rejects.toThrow(unsupported(/use addWithIds\(vectors, ids\)/));
    expect(ids()).toEqual([0n, 2n ** 63n - 1n]);
  });

  test('may come twice: all are found, all are removed', () => {
    const index = given(1, 2);
    index.addWithIdsSync(Float32Array.of(1, 2, 3), [7, 8, 7]);
    expect([...index.searchSync(Float32Array.of(0), 4).labels]).toEqual([7n, 8n, 7n, -1n]);
    expect(index.removeIdsSync([7])).toBe(2);
    expect([...index.searchSync(Float32Array.of(0), 2).labels]).toEqual([8n, -1n]);
  });
});

test('an IndexIDMap takes an IVF that numbers its vectors, and no other', () => {
  const index = given(2, 2);
  index.addSync(new Float32Array(2));
  expect(() => new IndexIDMap(index)).toThrow(unsupported(/empty/));
  index.resetSync();
  const map = new IndexIDMap(index);
  expect(() => index.addSync(new Float32Array(2))).toThrow(unsupported(/wrapper/));
  map.addWithIdsSync(Float32Array.of(1, 2), [77]);
  index.nprobe = 2; // is no change of what the map keeps in step
  expect([...map.reconstructSync(77)]).toEqual([1, 2]);
});

test('the bits are those of a flat index that holds the same vectors', () => {
  const random = new Random(11);
  for (const metric of ['l2', 'ip'] as const) {
    const [d, n] = [40, 6000];
    const vectors = random.floats(n * d);
    const queries = random.floats(30 * d);
    const flat = new IndexFlat(d, { metric });
    const index = new IndexIVFFlat(d, 16, { metric, nprobe: 16 });
    index.trainSync(vectors, { seed: 7 });
    for (const one of [flat, index]) one.addSync(vectors);
    expectSameBits(index.searchSync(queries, 25), flat.searchSync(queries, 25));
    expectSameBits(readBack(index).searchSync(queries, 25), flat.searchSync(queries, 25));
  }
});
