/** `{ transfer: true }`: arguments are moved out of the caller's reach instead of copied, or the call is refused. */

import { runInNewContext } from 'node:vm';
import { markAsUntransferable, Worker } from 'node:worker_threads';
import { describe, expect, it, test } from 'vitest';
import * as v from '../lib/index.js';
import { root } from './addon.js';
import { run } from './program.js';
import { Random } from './random.js';

const D = 8;
const N = 500;
const K = 7;
const transfer = { transfer: true };
const random = new Random(3);
const data = Float32Array.from({ length: N * D }, () => random.integer(-9, 9));
const queries = data.slice(40, 40 + 20 * D);
const ids = BigInt64Array.from({ length: N }, (_, i) => BigInt(i) << 33n);

function flat(): v.IndexFlatL2 {
  const index = new v.IndexFlatL2(D);
  index.addSync(data);
  return index;
}
function mapped(): v.IndexIDMap {
  const index = new v.IndexIDMap(new v.IndexFlatL2(D));
  index.addWithIdsSync(data, ids);
  return index;
}
interface Modules {
  Memory: new (options: { initial: number }) => { buffer: ArrayBuffer };
}

const isDetached = (array: Float32Array | BigInt64Array | Uint8Array) => array.length === 0;

/** What holds vectors: [how, an array of them]. */
const holders: [string, (values: Float32Array) => Float32Array][] = [
  ['an array of its own', (values) => values.slice()],
  [
    'a piece of a buffer',
    (values) => {
      const all = new Float32Array(values.length + 11);
      all.set(values, 3);
      return all.subarray(3, 3 + values.length);
    },
  ],
  [
    'a resizable buffer',
    (values) => {
      const Resizable = ArrayBuffer as new (n: number, options: object) => ArrayBuffer;
      const array = new Float32Array(new Resizable(values.byteLength, { maxByteLength: 2 * values.byteLength }));
      array.set(values);
      return array;
    },
  ],
  [
    'a Buffer of its own',
    (values) => {
      const array = new Float32Array(Buffer.alloc(values.byteLength).buffer);
      array.set(values);
      return array;
    },
  ],
  ['a subclass', (values) => new (class extends Float32Array {})(values)],
  ['another realm', (values) => runInNewContext('Float32Array').from(values)],
];

describe.each(holders)('from %s', (_, hold) => {
  test('add', async () => {
    const index = new v.IndexFlatL2(D);
    const vectors = hold(data);
    const { buffer } = vectors;
    const added = index.add(vectors, transfer);
    expect([vectors.length, buffer.byteLength]).toEqual([0, 0]);
    expect(await added).toBeUndefined();
    expect(v.serializeIndexSync(index)).toEqual(v.serializeIndexSync(flat()));
  });

  test('addWithIds, with ids in each form', async () => {
    for (const list of [ids.slice(), Array.from(ids)]) {
      const index = new v.IndexIDMap(new v.IndexFlatL2(D));
      const vectors = hold(data);
      const added = index.addWithIds(vectors, list, transfer);
      expect(isDetached(vectors)).toBe(true);
      expect(list.length).toBe(Array.isArray(list) ? N : 0);
      await added;
      expect(v.serializeIndexSync(index)).toEqual(v.serializeIndexSync(mapped()));
    }
  });

  test('train and kmeans', async () => {
    const options = { minPointsPerCentroid: 1, ...transfer };
    const [trained, expected] = [new v.IndexIVFFlat(D, 8), new v.IndexIVFFlat(D, 8)];
    const vectors = hold(data);
    const training = trained.train(vectors, options);
    expect(isDetached(vectors)).toBe(true);
    await training;
    expected.trainSync(data, { minPointsPerCentroid: 1 });
    expect(v.serializeIndexSync(trained)).toEqual(v.serializeIndexSync(expected));

    const points = hold(data);
    const clustering = v.kmeans(points, D, 8, options);
    expect(isDetached(points)).toBe(true);
    expect(await clustering).toEqual(v.kmeansSync(data, D, 8, { minPointsPerCentroid: 1 }));
  });

  test('search, searchOne and rangeSearch', async () => {
    const index = mapped();
    const asked = [hold(queries), hold(queries.subarray(0, D)), hold(queries)] as const;
    const found = [
      index.search(asked[0], K, transfer),
      index.searchOne(asked[1], K, transfer),
      index.rangeSearch(asked[2], 99, transfer),
    ];
    expect(asked.map(isDetached)).toEqual([true, true, true]);
    expect(await Promise.all(found)).toEqual([
      index.searchSync(queries, K),
      index.searchOneSync(queries.subarray(0, D), K),
      index.rangeSearchSync(queries, 99),
    ]);
  });
});

test('deserializeIndex', async () => {
  const bytes = v.serializeIndexSync(flat());
  const expected = bytes.slice();
  const reading = v.deserializeIndex(bytes, transfer);
  expect(isDetached(bytes)).toBe(true);
  expect(v.serializeIndexSync(await reading)).toEqual(expected);
});

test('all that lies on the buffer is detached, and nothing else', async () => {
  const all = new Float32Array(3 * D).fill(1);
  const [first, last, other] = [all.subarray(0, D), all.subarray(2 * D), all.slice()];
  await flat().add(first, transfer);
  expect([all.length, first.length, last.length, other.length]).toEqual([0, 0, 0, 3 * D]);
});

test('vectors and ids on one buffer', async () => {
  const buffer = new ArrayBuffer(data.byteLength + ids.byteLength);
  const [vectors, list] = [new Float32Array(buffer, 0, data.length), new BigInt64Array(buffer, data.byteLength)];
  vectors.set(data);
  list.set(ids);
  const index = new v.IndexIDMap(new v.IndexFlatL2(D));
  await index.addWithIds(vectors, list, transfer);
  expect([vectors.length, list.length]).toEqual([0, 0]);
  expect(v.serializeIndexSync(index)).toEqual(v.serializeIndexSync(mapped()));
});

test('nothing at all is moved, too', async () => {
  const [index, vectors] = [flat(), new Float32Array(new ArrayBuffer(64), 8, 0)];
  await index.add(vectors, transfer);
  expect([index.ntotal, vectors.buffer.byteLength]).toEqual([N, 0]);
  expect((await index.search(new Float32Array(0), 3, transfer)).labels.length).toBe(0);
});

test('the same array cannot be given twice', async () => {
  const [index, vectors] = [flat(), data.slice()];
  const first = index.add(vectors, transfer);
  await expect(index.add(vectors, transfer)).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG_VALUE',
    message: expect.stringContaining('must not be detached'),
  });
  await first;
  expect(index.ntotal).toBe(2 * N);
});

describe('what cannot be moved is refused, and stays', () => {
  const shared = () => new Float32Array(new SharedArrayBuffer(D * 4));
  const pooled = () => {
    const bytes = Buffer.from(new Uint8Array(D * 4).fill(1));
    return new Float32Array(bytes.buffer, bytes.byteOffset, D);
  };
  // The types of Node have no WebAssembly.
  const { Memory } = (globalThis as unknown as { WebAssembly: Modules }).WebAssembly;
  const wasm = () => new Float32Array(new Memory({ initial: 1 }).buffer, 64, D);
  const marked = () => {
    const array = new Float32Array(D);
    markAsUntransferable(array.buffer);
    return array;
  };
  const everybody =
    /^The argument 'vectors' cannot be transferred: others use its ArrayBuffer, too .*; leave options.transfer out$/;
  it.each<[string, () => Float32Array, RegExp]>([
    ['a SharedArrayBuffer', shared, /^The argument 'vectors' cannot be transferred: it is on a SharedArrayBuffer/],
    ['a piece of the pool of small Buffers', pooled, everybody],
    ['the memory of a WebAssembly', wasm, everybody],
    ['what is marked as untransferable', marked, everybody],
  ])('%s', async (_, make, message) => {
    const index = flat();
    const [before, ofIds] = [v.serializeIndexSync(index), BigInt64Array.of(5n)];
    const vectors = make();
    const refusal = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message: expect.stringMatching(message) };
    await expect(index.add(vectors, transfer)).rejects.toMatchObject(refusal);
    expect(vectors.length).toBe(D);
    expect(v.serializeIndexSync(index)).toEqual(before);
    await index.add(vectors); // as a copy
    if (process.version.startsWith('v20.')) return; // moves what it can, and copies the rest
    const named = {
      ...refusal,
      message: expect.stringMatching(/^The argument 'vectors'( or 'ids')? cannot be transf/),
    };
    await expect(mapped().addWithIds(vectors, ofIds, transfer)).rejects.toMatchObject(named);
    expect([vectors.length, ofIds.length]).toEqual([D, 1]);
  });

  it('ids on a SharedArrayBuffer', async () => {
    const [vectors, list] = [new Float32Array(D), new BigInt64Array(new SharedArrayBuffer(8))];
    const message =
      "The argument 'ids' cannot be transferred: it is on a SharedArrayBuffer, which stays with everybody";
    await expect(mapped().addWithIds(vectors, list, transfer)).rejects.toMatchObject({ message });
    expect(vectors.length).toBe(D);
  });
});

describe('a call that is refused at once leaves its arrays', () => {
  const closed = () => {
    const index = flat();
    index.close();
    return index;
  };
  const add = (index: v.Index, vectors: Float32Array, options: object) => index.add(vectors, options);
  it.each<[string, (vectors: Float32Array) => Promise<unknown>, string]>([
    ['a closed index', (vectors) => add(closed(), vectors, transfer), 'ERR_VORONODE_CLOSED'],
    ['one in a wrapper', (vectors) => add(mapped().index, vectors, transfer), 'ERR_VORONODE_UNSUPPORTED'],
    ['another dimension', (vectors) => add(new v.IndexFlatL2(3), vectors, transfer), 'ERR_VORONODE_DIMENSION'],
    [
      'a signal that has fired',
      (vectors) => add(flat(), vectors, { ...transfer, signal: AbortSignal.abort() }),
      'ABORT_ERR',
    ],
    ['another option', (vectors) => add(flat(), vectors, { ...transfer, trasnfer: 1 }), 'ERR_INVALID_ARG_VALUE'],
    ['another priority', (vectors) => add(flat(), vectors, { ...transfer, priority: 1 }), 'ERR_INVALID_ARG_VALUE'],
    ['no boolean', (vectors) => add(flat(), vectors, { transfer: 1 }), 'ERR_INVALID_ARG_TYPE'],
    ['fewer ids', (vectors) => mapped().addWithIds(vectors, [1], transfer), 'ERR_OUT_OF_RANGE'],
    ['the id -1', (vectors) => mapped().addWithIds(vectors, [1, -1], transfer), 'ERR_OUT_OF_RANGE'],
    ['a k', (vectors) => flat().search(vectors, 0, transfer), 'ERR_OUT_OF_RANGE'],
    ['a radius', (vectors) => flat().rangeSearch(vectors, NaN, transfer), 'ERR_OUT_OF_RANGE'],
    ['an iteration', (vectors) => flat().train(vectors, { niter: 0, ...transfer }), 'ERR_OUT_OF_RANGE'],
  ])('%s', async (_, call, code) => {
    const vectors = new Float32Array(2 * D);
    await expect(call(vectors)).rejects.toMatchObject({ code });
    expect(vectors.length).toBe(2 * D);
  });

  it('without the option, too', async () => {
    for (const options of [undefined, {}, { transfer: false }, { transfer: undefined }]) {
      const vectors = new Float32Array(2 * D);
      await flat().add(vectors, options);
      expect(vectors.length).toBe(2 * D);
    }
  });
});

describe('what fails later has taken them', () => {
  it.each<[string, (vectors: Float32Array) => Promise<unknown>, string]>([
    ['NaN', (vectors) => flat().add(vectors.fill(NaN), transfer), 'ERR_INVALID_ARG_VALUE'],
    ['no training', (vectors) => new v.IndexIVFFlat(D, 2).add(vectors, transfer), 'ERR_VORONODE_NOT_TRAINED'],
    ['ids of its own', (vectors) => mapped().add(vectors, transfer), 'ERR_VORONODE_UNSUPPORTED'],
    [
      'an abort',
      (vectors) => {
        const controller = new AbortController();
        const index = new v.IndexIVFFlat(D, 256);
        const options = { niter: 100_000, signal: controller.signal, progress: () => controller.abort(), ...transfer };
        return index.train(vectors, options);
      },
      'ABORT_ERR',
    ],
  ])('%s', async (what, call, code) => {
    const vectors = Float32Array.from({ length: what === 'an abort' ? 20_000 * D : 2 * D }, (_, i) => (i * 31) % 97);
    const refused = call(vectors);
    expect(vectors.length).toBe(0);
    await expect(refused).rejects.toMatchObject({ code });
  });
});

test('a call in place refuses the option, with the reason', () => {
  const options = transfer as never;
  for (const [call, taker] of [
    [() => flat().searchSync(queries, 1, options), 'IndexFlatL2'],
    [() => flat().rangeSearchSync(queries, 1, options), 'IndexFlatL2'],
    [() => flat().trainSync(data, options), 'trainSync()'],
    [() => v.kmeansSync(data, D, 2, options), 'kmeansSync()'],
  ] as const) {
    const message =
      `The property 'options.transfer' is not known to ${taker}. ` +
      'Only methods that return a promise and are given vectors move them; …Sync methods read them in place';
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message }));
  }
});

test('searches that merge keep what each was given', async () => {
  const index = flat();
  const asked = Array.from({ length: 300 }, (_, i) => data.slice(i * D, (i + 1) * D));
  const expected = asked.map((query) => index.searchSync(query, K));
  const found = asked.map((query) => index.search(query, K, transfer));
  expect(asked.every(isDetached)).toBe(true);
  expect(await Promise.all(found)).toEqual(expected);
});

test('memory for copies is kept, and counted', async () => {
  const large = new Float32Array((5 * 2 ** 20) / 4);
  for (let i = 0; i < 3; i++) await new v.IndexFlatL2(D).add(large);
  const { staging } = v.stats();
  expect(staging).toBeLessThanOrEqual(64 * 2 ** 20);
  if (process.platform === 'linux') expect(staging).toBeGreaterThanOrEqual(large.byteLength);
  else expect(staging).toBe(0);
});

describe('programs', () => {
  it('memory stays for as long as work reads it, and goes after it', async () => {
    const { code, signal, stdout, stderr } = await run('lifecycle/programs/transfer.mjs', [], {
      node: ['--expose-gc'],
    });
    expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
    expect(stdout).toBe('memory stays and goes\n');
  });

  it.each(['copies', 'throws', 'answers nonsense', 'keeps what it makes', 'is none'])(
    'structuredClone that %s, put there before the addon is loaded',
    async (what) => {
      const { code, signal, stdout, stderr } = await run('binding/replaced_clone.mjs', [what]);
      expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
      expect(stdout).toBe('answered or refused\n');
    },
  );

  it('workers that are terminated amid work on what they gave away', async () => {
    const source = `
      const v = require(${JSON.stringify(root)});
      const index = new v.IndexIVFFlat(32, 64);
      const data = () => Float32Array.from({ length: 32 * 5000 }, (_, i) => (i * 7919) % 1009);
      index.train(data(), { niter: 1e6, transfer: true }).catch(() => undefined);
      for (let i = 0; i < 5; i++) index.add(data(), { transfer: true }).catch(() => undefined);
      require('node:worker_threads').parentPort.postMessage('begun');
    `;
    for (let i = 0; i < 10; i++) {
      const worker = new Worker(source, { eval: true });
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      await worker.terminate();
    }
    expect((await flat().search(queries.slice(), K, transfer)).labels.length).toBe(20 * K);
  });
});
