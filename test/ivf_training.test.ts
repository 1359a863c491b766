/** Training: what it takes, what it tells, and how it ends. */

import { describe, expect, test } from 'vitest';
import {
  type ClusteringOptions,
  type ClusteringProgress,
  type Index,
  IndexFlatL2,
  IndexIDMap,
  IndexIVFFlat,
  indexFactory,
  kmeansSync,
  serializeIndexSync,
} from '../lib/index.js';
import { hostile } from './hostile.js';
import { Random } from './random.js';
import { readBack } from './subject.js';
import { warningsOf } from './warnings.js';

const D = 8;
const NLIST = 16;
const sample = new Random(1).floats(NLIST * 50 * D);
const make = () => new IndexIVFFlat(D, NLIST);
const centroids = (index: IndexIVFFlat) =>
  Array.from({ length: NLIST }, (_, i) => [...index.quantizer.reconstructSync(i)]);

describe('before it', () => {
  const untrained = (call: string) =>
    expect.objectContaining({
      name: 'Error',
      code: 'ERR_VORONODE_NOT_TRAINED',
      message: expect.stringContaining(`call ${call}`),
    });

  test.each<[string, () => Index]>([
    ['IndexIVFFlat', make],
    ['IndexIVFFlat from a file', () => readBack(make())],
    ['IndexIDMap of it', () => new IndexIDMap(make())],
    ['L2norm,IVF16,Flat', () => indexFactory(D, 'L2norm,IVF16,Flat')],
  ])('%s can neither be filled nor searched, and says what to do', async (_, made) => {
    const index = made();
    const [vector, error] = [new Float32Array(D), untrained('train(vectors)')];
    expect(index.isTrained).toBe(false);
    expect(() => index.searchSync(vector, 1)).toThrow(error);
    expect(() => index.rangeSearchSync(vector, 1)).toThrow(error);
    expect(() => index.addWithIdsSync(vector, [1])).toThrow(error);
    await expect(index.search(vector, 1)).rejects.toThrow(error);
    await expect(index.addWithIds(vector, [1])).rejects.toThrow(error);
    if (!(index instanceof IndexIDMap)) await expect(index.add(vector)).rejects.toThrow(error);
    expect([index.isTrained, index.ntotal]).toEqual([false, 0]);
    await index.train(sample);
    expect(index.isTrained).toBe(true);
    await index.addWithIds(vector, [1]);
    expect([...(await index.search(vector, 1, { nprobe: NLIST })).labels]).toEqual([1n]);
  });
});

describe('the sample', () => {
  test('of fewer vectors than lists is refused, with what to do', async () => {
    const error = expect.objectContaining({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringMatching(/Received 15 vectors for 16 lists \(nlist\); train with more \(624 or more/),
    });
    const index = make();
    expect(() => index.trainSync(sample.subarray(0, 15 * D))).toThrow(error);
    await expect(index.train(sample.subarray(0, 15 * D))).rejects.toThrow(error);
    await expect(index.train(new Float32Array(0))).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(index.isTrained).toBe(false);
    index.trainSync(sample.subarray(0, 16 * D), { minPointsPerCentroid: 1 });
    expect(centroids(index).flat()).toEqual([...sample.subarray(0, 16 * D)]);
  });

  test('of few vectors a list gives one warning, with what to do', async () => {
    const few = sample.subarray(0, NLIST * 38 * D);
    for (const index of [make(), new IndexIDMap(make()), indexFactory(D, 'L2norm,IVF16,Flat', 'ip')]) {
      for (const train of [() => index.train(few), () => index.trainSync(few)]) {
        const warnings = await warningsOf(train);
        expect(warnings).toEqual([
          {
            code: 'VORONODE_FEW_TRAINING_VECTORS',
            message: expect.stringMatching(
              /^608 vectors are few to find 16 lists from: fewer than 39 for each.* at least 624 .* more than 15 lists$/,
            ),
          },
        ]);
      }
      expect(await warningsOf(() => index.train(few, { minPointsPerCentroid: 38 }))).toEqual([]);
      expect(await warningsOf(() => index.train(sample))).toEqual([]);
    }
    const [warning] = await warningsOf(() => make().train(sample.subarray(0, 20 * D)));
    expect(warning!.message).toMatch(/Give at least 624 vectors$/);
  });

  test('may be given anew while the index is empty', async () => {
    const index = make();
    await index.train(sample);
    index.addSync(sample);
    const full = expect.objectContaining({
      code: 'ERR_VORONODE_UNSUPPORTED',
      message: expect.stringMatching(/holds 800 vectors .* call reset\(\)/),
    });
    await expect(index.train(sample)).rejects.toThrow(full);
    expect(() => index.trainSync(sample)).toThrow(full);
    const before = centroids(index);
    index.resetSync();
    expect(index.isTrained).toBe(true);
    await index.train(sample.map((x) => x + 3));
    expect(centroids(index)).not.toEqual(before);
    expect(index.quantizer.ntotal).toBe(NLIST);
  });
});

describe('the options', () => {
  const train = (options: ClusteringOptions) => {
    const index = make();
    index.trainSync(sample, options);
    return centroids(index);
  };

  test('are those of kmeans, with 10 iterations, and reach it through wrappers', async () => {
    const expected = (options: ClusteringOptions) => [...kmeansSync(sample, D, NLIST, options).centroids];
    expect(train({}).flat()).toEqual(expected({ niter: 10 }));
    const options = { niter: 3, nredo: 2, seed: 77, spherical: true, maxPointsPerCentroid: 40 };
    expect(train(options).flat()).toEqual(expected(options));
    const map = new IndexIDMap(make());
    await map.train(sample, options);
    expect(centroids(map.index as IndexIVFFlat).flat()).toEqual(expected(options));
    const ip = new IndexIVFFlat(D, NLIST, { metric: 'ip' });
    ip.trainSync(sample);
    expect(centroids(ip).flat()).toEqual(expected({ niter: 10, spherical: true }));
    expect(train({ seed: 1 })).not.toEqual(train({ seed: 2 }));
  });

  test('in place and off the loop give the same bytes', async () => {
    const [a, b] = [make(), make()];
    a.trainSync(sample, { seed: 5 });
    await b.train(sample, { seed: 5, progress: () => undefined });
    expect(serializeIndexSync(a)).toEqual(serializeIndexSync(b));
  });

  test.each(Object.entries(hostile))('%s: what is none is refused', async (title, value) => {
    const made = value();
    for (const name of [
      'niter',
      'nredo',
      'seed',
      'minPointsPerCentroid',
      'maxPointsPerCentroid',
      'spherical',
      'progress',
    ]) {
      const natural = typeof made === 'number' && Number.isSafeInteger(made) && made >= 1 && made < 2 ** 31;
      const right =
        title === 'undefined' ||
        (name === 'spherical' && typeof made === 'boolean') ||
        (name === 'progress' && typeof made === 'function') ||
        (name === 'seed' && (natural || made === 0 || made === 2 ** 31)) ||
        (!['spherical', 'progress'].includes(name) && natural);
      if (right) continue;
      const index = make();
      const ranged = typeof made === 'number' && !['spherical', 'progress'].includes(name);
      const error = expect.objectContaining({
        code: ranged ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE',
        message: expect.stringContaining(`"options.${name}"`),
      });
      await expect(index.train(sample, { [name]: value() }), name).rejects.toThrow(error);
      expect(() => index.trainSync(sample, { [name]: value() }), name).toThrow(error);
      expect(index.isTrained).toBe(false);
    }
  });

  test('mean nothing to a flat index', async () => {
    const index = new IndexFlatL2(D);
    await index.train(sample, { niter: 3, progress: () => expect.unreachable() });
    index.trainSync(sample.subarray(0, D), { seed: 1 });
    expect(index.isTrained).toBe(true);
  });
});

describe('progress', () => {
  test('is told on this thread, in order, before the promise is settled', async () => {
    const told: ClusteringProgress[] = [];
    let settled = false;
    const index = make();
    const training = index.train(sample, {
      niter: 4,
      nredo: 2,
      progress: (one) => {
        expect(settled).toBe(false);
        told.push(one);
      },
    });
    expect(told).toEqual([]);
    await training.then(() => {
      settled = true;
    });
    expect(told.map(({ run, iteration }) => [run, iteration])).toEqual(
      [0, 1].flatMap((run) => [0, 1, 2, 3].map((iteration) => [run, iteration])),
    );
    for (const { runs, iterations } of told) expect([runs, iterations]).toEqual([2, 4]);
    for (let i = 1; i < 4; i++) expect(told[i]!.objective).toBeLessThanOrEqual(told[i - 1]!.objective);
    for (const { imbalance } of told) expect(imbalance).toBeGreaterThanOrEqual(1);
    expect(index.isTrained).toBe(true);
  });

  test.each([new Error('mine'), 5, undefined, null])(
    'a function that throws %o: the promise rejects with it',
    async (thrown) => {
      let calls = 0;
      const index = new IndexIDMap(new IndexIVFFlat(D, 256));
      const many = new Random(2).floats(256 * 40 * D);
      const progress = () => {
        calls++;
        throw thrown;
      };
      const ended = await index.train(many, { niter: 100_000, progress }).then(
        () => 'done',
        (error) => ({ error }),
      );
      expect(ended).toEqual({ error: thrown });
      expect(calls).toBe(1);
      expect(index.isTrained).toBe(false); // 100 000 iterations were not waited for
      await index.train(many, { niter: 2, progress: () => calls++ });
      expect([calls, index.isTrained]).toEqual([3, true]);
    },
  );

  test('may use the index, and start other work on it', async () => {
    const index = make();
    const seen: [number, number][] = [];
    const later: Promise<unknown>[] = [];
    await index.train(sample, {
      progress: ({ iteration }) => {
        seen.push([index.ntotal, index.nlist]);
        if (iteration === 0) later.push(index.add(sample), index.search(sample.subarray(0, D), 1));
      },
    });
    await Promise.all(later);
    for (const [ntotal, nlist] of seen) {
      expect([0, NLIST * 50]).toContain(ntotal); // the add may come in between the training and its last reports
      expect(nlist).toBe(NLIST);
    }
    expect(seen.length).toBeGreaterThan(1);
    expect(index.ntotal).toBe(NLIST * 50);
  });

  test('is not told in place, and that is said', () => {
    const error = expect.objectContaining({
      code: 'ERR_VORONODE_UNSUPPORTED',
      message: expect.stringContaining('use train()'),
    });
    const options = { progress: () => undefined } as ClusteringOptions;
    expect(() => make().trainSync(sample, options)).toThrow(error);
  });
});

describe('a signal', () => {
  const many = new Random(3).floats(512 * 100 * D);

  test('stops it, and the index is as it was', async () => {
    const index = new IndexIVFFlat(D, 512);
    const controller = new AbortController();
    const training = index.train(many, { niter: 100_000, signal: controller.signal });
    setTimeout(() => controller.abort('enough'), 20);
    await expect(training).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
    expect([index.isTrained, index.quantizer.ntotal]).toEqual([false, 0]);
  });

  test('may be fired by the progress', async () => {
    const index = new IndexIVFFlat(D, 512);
    const controller = new AbortController();
    const progress = ({ iteration }: ClusteringProgress) => {
      if (iteration >= 2) controller.abort();
    };
    const training = index.train(many, { niter: 100_000, signal: controller.signal, progress });
    await expect(training).rejects.toMatchObject({ name: 'AbortError' });
    expect(index.isTrained).toBe(false);
    await index.train(many, { niter: 1 });
    expect(index.isTrained).toBe(true);
  });
});
