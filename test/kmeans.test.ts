import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import {
  type ClusteringProgress,
  getThreads,
  type KMeansOptions,
  kmeans,
  kmeansSync,
  setThreads,
} from '../lib/index.js';
import { hostile } from './hostile.js';
import { Random } from './random.js';
import { warningsOf } from './warnings.js';

/** n points around k centres that lie far apart. */
function clusters(n: number, d: number, k: number): { vectors: Float32Array; centre: number[] } {
  const random = new Random(d);
  const centre = Array.from({ length: n }, () => random.integer(0, k - 1));
  const centres = Array.from({ length: k }, () => random.integers(d, -100, 100));
  const vectors = Float32Array.from(centre.flatMap((c) => [...centres[c]!.map((x) => x + random.next())]));
  return { vectors, centre };
}

function distance(x: Float32Array, y: Float32Array): number {
  return x.reduce((sum, a, j) => sum + (a - y[j]!) ** 2, 0);
}

describe('kmeans', () => {
  test('finds clusters that lie far apart', async () => {
    const [n, d, k] = [2000, 8, 5];
    const { vectors, centre } = clusters(n, d, k);
    const found = await kmeans(vectors, d, k, { nredo: 30 });
    expect([found.centroids.length, found.assignments.length]).toEqual([k * d, n]);
    expect(found.assignments).toBeInstanceOf(Uint32Array);
    expect(found.objective).toBeInstanceOf(Float64Array);
    // One cluster to one centre.
    const pairs = new Set(centre.map((c, i) => `${c} ${found.assignments[i]}`));
    expect(pairs.size).toBe(k);
    expect(found.objective.at(-1)).toBeLessThan((n * d) / 8);
  });

  test('assigns each vector to the nearest centroid, and each centroid is the mean of its vectors', async () => {
    const [n, d, k] = [3000, 5, 25];
    const vectors = new Random(4).floats(n * d);
    const { centroids, assignments, objective } = await kmeans(vectors, d, k, { niter: 200 });
    const row = (array: Float32Array, i: number) => array.subarray(i * d, (i + 1) * d);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const all = Array.from({ length: k }, (_, c) => distance(row(vectors, i), row(centroids, c)));
      const nearest = Math.min(...all);
      expect(all[assignments[i]!]! - nearest).toBeLessThan(1e-6);
      sum += nearest;
    }
    for (let i = 1; i < objective.length; i++) expect(objective[i]).toBeLessThanOrEqual(objective[i - 1]!);
    expect(objective.length).toBeLessThan(200); // it came to an end
    expect(sum / objective.at(-1)!).toBeCloseTo(1, 5);
    for (let c = 0; c < k; c++) {
      const members = [...assignments.keys()].filter((i) => assignments[i] === c);
      for (let j = 0; j < d; j++) {
        const mean = members.reduce((total, i) => total + row(vectors, i)[j]!, 0) / members.length;
        expect(row(centroids, c)[j]).toBeCloseTo(mean, 5);
      }
    }
  });

  test('spherical: centroids of length 1, vectors to the largest inner product', async () => {
    const [n, d, k] = [1000, 6, 10];
    const vectors = new Random(8).floats(n * d);
    const { centroids, assignments, objective } = kmeansSync(vectors, d, k, { spherical: true });
    const product = (i: number, c: number) =>
      vectors.subarray(i * d, (i + 1) * d).reduce((sum, x, j) => sum + x * centroids[c * d + j]!, 0);
    for (let c = 0; c < k; c++) expect(Math.hypot(...centroids.subarray(c * d, (c + 1) * d))).toBeCloseTo(1, 5);
    for (let i = 0; i < n; i += 7) {
      const best = Math.max(...Array.from({ length: k }, (_, c) => product(i, c)));
      expect(product(i, assignments[i]!)).toBeCloseTo(best, 5);
    }
    expect(objective.at(-1)).toBeGreaterThan(objective[0]!);
  });

  test('is the same in place and off the loop, for any number of threads, from any memory', async () => {
    const [d, k] = [24, 40];
    const vectors = new Random(3).floats(5000 * d);
    const expected = kmeansSync(vectors, d, k);
    expect(expected.objective.length).toBeLessThanOrEqual(25);
    const shared = new Float32Array(new SharedArrayBuffer(vectors.byteLength));
    shared.set(vectors);
    expect(kmeansSync(shared, d, k)).toEqual(expected);
    const before = getThreads();
    try {
      for (const threads of [1, 2, 4, 8]) {
        setThreads(threads);
        expect(await kmeans(vectors, d, k)).toEqual(expected);
      }
    } finally {
      setThreads(before);
    }
    expect(await kmeans(vectors, d, k, { seed: 9 })).not.toEqual(expected);
  });

  test('copies its input at the call', async () => {
    const vectors = new Random(3).floats(500 * 4);
    const expected = kmeansSync(vectors, 4, 8);
    const found = kmeans(vectors, 4, 8);
    vectors.fill(NaN);
    expect(await found).toEqual(expected);
  });

  test('k = n: the vectors themselves; k = 1: their mean', async () => {
    const vectors = Float32Array.of(1, 2, 3, 4, 5, 9);
    const options = { minPointsPerCentroid: 1 };
    expect(await kmeans(vectors, 2, 3, options)).toEqual({
      centroids: vectors,
      assignments: Uint32Array.of(0, 1, 2),
      objective: Float64Array.of(0),
    });
    expect([...kmeansSync(vectors, 2, 1, options).centroids]).toEqual([3, 5]);
  });

  test.each([{ spherical: false }, { spherical: true }])('centroids of the largest floats are finite %j', (options) => {
    const vectors = new Float32Array(10 * 3).fill(3.4028234663852886e38); // all equal: three of four clusters are empty
    for (const niter of [1, 2, 25]) {
      const { centroids, assignments } = kmeansSync(vectors, 3, 4, { ...options, niter, minPointsPerCentroid: 1 });
      expect([...centroids].every(Number.isFinite)).toBe(true);
      expect(Math.max(...assignments)).toBeLessThan(4);
    }
  });

  test('uses a sample of very many vectors, assigns all', async () => {
    const vectors = new Random(6).floats(10_000);
    const found = await kmeans(vectors, 1, 4, { maxPointsPerCentroid: 10, minPointsPerCentroid: 1 });
    expect(found.assignments.length).toBe(10_000);
    expect(new Set(found.assignments)).toEqual(new Set([0, 1, 2, 3]));
    const all = (most: number) => kmeansSync(vectors, 1, 4, { maxPointsPerCentroid: most });
    expect(all(2 ** 31 - 1)).toEqual(all(10_000));
  });

  test('warns of few vectors', async () => {
    const vectors = new Random(6).floats(100);
    for (const run of [() => kmeans(vectors, 1, 10), () => kmeansSync(vectors, 1, 10)]) {
      expect(await warningsOf(run)).toEqual([
        {
          code: 'VORONODE_FEW_TRAINING_VECTORS',
          message: expect.stringMatching(
            /^100 vectors are few to find 10 clusters .* 390 vectors.* more than 2 clusters$/,
          ),
        },
      ]);
    }
    expect(await warningsOf(() => kmeans(vectors, 1, 2))).toEqual([]);
  });

  test("tells its progress in the caller's asynchronous context, and how much there is to do by default", async () => {
    const context = new AsyncLocalStorage<number>();
    const told: unknown[] = [];
    const progress = ({ iterations }: ClusteringProgress) => told.push([context.getStore(), iterations]);
    const vectors = new Random(6).floats(400 * 8);
    await context.run(7, () => kmeans(vectors, 8, 10, { progress }));
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual(told.map(() => [7, 25]));
  });

  test('tells its progress, and can be stopped', async () => {
    const vectors = new Random(6).floats(50_000 * 8);
    const told: ClusteringProgress[] = [];
    const found = await kmeans(vectors, 8, 100, { niter: 5, progress: (one) => told.push(one) });
    expect(told.map(({ objective }) => objective)).toEqual([...found.objective]);
    expect(told.map(({ iterations, runs }) => [iterations, runs])).toEqual(told.map(() => [5, 1]));
    const controller = new AbortController();
    const endless: KMeansOptions = { niter: 2 ** 31 - 1, signal: controller.signal };
    const running = kmeans(vectors, 8, 100, { ...endless, progress: () => controller.abort() });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    const thrown = kmeans(vectors, 8, 100, {
      progress: () => {
        throw new RangeError('mine');
      },
    });
    await expect(thrown).rejects.toThrow('mine');
    await expect(kmeans(vectors, 8, 100, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORT_ERR' });
    expect(() => kmeansSync(vectors, 8, 100, { progress: () => undefined } as object)).toThrow(/use kmeans\(\)/);
  });
});

describe('wrong arguments', () => {
  const vectors = new Float32Array(100);

  test('say what to do', async () => {
    await expect(kmeans(vectors, 2, 51)).rejects.toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringMatching(/Received 50 vectors for 51 centroids; give more vectors .* fewer centroids$/),
    });
    expect(() => kmeansSync(vectors, 3, 2)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_DIMENSION' }));
    expect(() => kmeansSync(Float32Array.of(1, NaN), 1, 1)).toThrow(
      /must be finite. Received NaN at row 1, component 0/,
    );
    expect(() => kmeansSync(vectors, 2, 2, { niter: 0 })).toThrow(/"options.niter" is out of range/);
  });

  test.each(Object.entries(hostile))('%s', async (title, make) => {
    const number = typeof make() === 'number';
    const code = number ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE';
    const refused = async (run: (value: never) => Promise<unknown>, sync: (value: never) => unknown, code: string) => {
      await expect(run(make() as never)).rejects.toMatchObject({ code });
      expect(() => sync(make() as never)).toThrow(expect.objectContaining({ code }));
    };
    if (title !== '1') {
      await refused(
        (d) => kmeans(vectors, d, 2),
        (d) => kmeansSync(vectors, d, 2),
        code,
      );
      const many = number && Number.isInteger(make()) && (make() as number) > 1 && (make() as number) < 2 ** 32;
      await refused(
        (k) => kmeans(vectors, 2, k),
        (k) => kmeansSync(vectors, 2, k),
        many ? 'ERR_INVALID_ARG_VALUE' : code,
      );
    }
    if (!/float32array/i.test(title) || /shape|proxy/.test(title)) {
      await refused(
        (x) => kmeans(x, 2, 1),
        (x) => kmeansSync(x, 2, 1),
        'ERR_INVALID_ARG_TYPE',
      );
    }
  });
});
