/** Files that are mapped: the same as files that are read, until somebody changes them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  IDSelectorNot,
  IDSelectorRange,
  type Index,
  IndexFlatL2,
  type IndexIDMap,
  indexFactory,
  readIndex,
  readIndexSync,
  serializeIndexSync,
  writeIndex,
  writeIndexSync,
} from '../../lib/index.js';
import { run } from '../program.js';
import { Random } from '../random.js';

const supported = process.platform !== 'win32';
const [D, N] = [16, 2_600]; // several blocks of each kind

let folder = '';
beforeAll(() => {
  folder = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'voronode-mapping-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const vectors = (n: number, seed: number, d = D) => {
  const random = new Random(seed);
  return Float32Array.from({ length: n * d }, () => random.integer(-9, 9));
};
const mapsIds = (index: Index) => index.constructor.name.startsWith('IndexIDMap');
const idsFrom = (first: number, n: number) => BigInt64Array.from({ length: n }, (_, i) => BigInt(first + 3 * i));

async function filled(description: string, n = N, d = D): Promise<Index> {
  const index = indexFactory(d, description);
  const x = vectors(Math.max(n, 300), 1, d);
  await index.train(x);
  const rows = x.subarray(0, n * d);
  if (mapsIds(index)) await (index as IndexIDMap).addWithIds(rows, idsFrom(5, n));
  else await index.add(rows);
  return index;
}

/** Quicker to compare than arrays are. */
const bytesOf = (...arrays: (Float32Array | BigInt64Array)[]) =>
  Buffer.concat(arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));

function expectSame(a: Index, b: Index): void {
  expect([a.constructor, a.ntotal, a.d, a.metric]).toEqual([b.constructor, b.ntotal, b.d, b.metric]);
  const queries = vectors(9, 2, a.d);
  const filter = new IDSelectorNot(new IDSelectorRange(30, 700));
  const answers = (index: Index) => {
    const found = [1, 7].flatMap((k) => [index.searchSync(queries, k), index.searchSync(queries, k, { filter })]);
    found.push(index.searchSync(queries.subarray(0, index.d), index.ntotal + 1));
    const { distances, labels } = index.rangeSearchSync(queries, 300);
    return bytesOf(...found.flatMap((one) => [one.distances, one.labels]), distances, labels);
  };
  expect(answers(a).equals(answers(b))).toBe(true);
  expect(Buffer.from(serializeIndexSync(a)).equals(serializeIndexSync(b))).toBe(true);
}

const stays = [
  'Flat',
  'IDMap,Flat',
  'IDMap2,Flat',
  'L2norm,Flat',
  'IDMap,L2norm,Flat',
  'SQ8',
  'SQfp16',
  'IDMap,SQ8,RFlat',
  'IVF4,Flat',
  'IDMap,IVF4,Flat',
  'IDMap2,IVF4,SQ8',
];

describe.runIf(supported)('a mapped file', () => {
  test.each(stays)('of %s gives what it gives when it is read, whatever is changed', async (description) => {
    const path = join(folder, 'same.faiss');
    await writeIndex(await filled(description), path);
    const bytes = fs.readFileSync(path);
    const pairs = [
      [readIndexSync(path, { mmap: true }), readIndexSync(path)],
      [await readIndex(path, { mmap: true, verify: true, priority: 'background' }), await readIndex(path)],
    ] as const;
    for (const [mapped, read] of pairs) {
      const { bytes: use } = mapped.stats();
      expect(use.mapped).toBeGreaterThan(0);
      expect(read.stats().bytes.mapped).toBe(0);
      expect(use.total).toBe(
        use.rows + use.sketches + use.ids + use.lists + use.centroids + use.transforms + use.tables,
      );
      expectSame(mapped, read);
      for (const index of [mapped, read]) {
        if (mapsIds(index)) {
          await (index as IndexIDMap).addWithIds(vectors(700, 3), idsFrom(100_000, 700));
          await (index as IndexIDMap).upsert(vectors(40, 4), idsFrom(5, 40));
        } else await index.add(vectors(700, 3));
        await index.removeIds([8n, 11n, 12n, 2000n, 100_003n]);
      }
      expectSame(mapped, read);
      for (const index of [mapped, read]) await index.removeIds(new IDSelectorRange(20, 3000));
      expectSame(mapped, read);
      await writeIndex(mapped, join(folder, 'a.faiss'));
      writeIndexSync(read, join(folder, 'b.faiss'));
      expect(fs.readFileSync(join(folder, 'a.faiss')).equals(fs.readFileSync(join(folder, 'b.faiss')))).toBe(true);
      expect(fs.readFileSync(path).equals(bytes)).toBe(true);
    }
  });

  test.each(stays)('of %s with sketches is the plain file with more behind it', async (description) => {
    const index = await filled(description);
    const [plain, sketched, again] = ['plain', 'sketched', 'again'].map((name) => join(folder, `${name}.faiss`)) as [
      string,
      string,
      string,
    ];
    await writeIndex(index, plain);
    await writeIndex(index, sketched, { mappable: true });
    writeIndexSync(index, again, { mappable: true });
    const [bytes, more] = [fs.readFileSync(plain), fs.readFileSync(sketched)];
    expect(more.subarray(0, bytes.length).equals(bytes)).toBe(true);
    expect(more.equals(fs.readFileSync(again))).toBe(true);
    // Codes have none.
    expect(more.length > bytes.length).toBe(!description.includes('SQ'));
    const mapped = await readIndex(sketched, { mmap: true, verify: true });
    const less = readIndexSync(plain, { mmap: true }).stats().bytes.mapped;
    expect(mapped.stats().bytes.mapped > less).toBe(!description.includes('SQ'));
    expectSame(mapped, index);
    if (more.length === bytes.length) return;
    more[more.length - 9]! ^= 1; // of the last sketches
    fs.writeFileSync(sketched, more);
    expectSame(readIndexSync(sketched), index);
    expect(() => readIndexSync(sketched, { mmap: true, verify: true })).toThrow(/sketches\.crc/);
  });

  test.each([
    [1, 0],
    [1, 1],
    [1, 4095],
    [1, 4096],
    [1, 9000],
    [3, 1500],
    [700, 40],
  ])('of %i components and %i vectors', async (d, n) => {
    const path = join(folder, 'sizes.faiss');
    writeIndexSync(await filled('Flat', n, d), path);
    expectSame(readIndexSync(path, { mmap: true }), readIndexSync(path));
  });

  test('may be replaced by what is in it, and is not written into', async () => {
    const path = join(folder, 'own.faiss');
    await writeIndex(await filled('IDMap,Flat'), path);
    const index = await readIndex<IndexIDMap>(path, { mmap: true });
    const before = fs.readFileSync(path);
    await index.upsert(vectors(2, 5), idsFrom(5, 2));
    const refusal = { code: 'ERR_VORONODE_UNSUPPORTED', message: expect.stringContaining('which is mapped') };
    fs.symlinkSync('own.faiss', join(folder, 'link.faiss'));
    for (const name of ['own.faiss', 'link.faiss']) {
      await expect(writeIndex(index, join(folder, name), { atomic: false })).rejects.toMatchObject(refusal);
      expect(() => writeIndexSync(index, join(folder, name), { atomic: false })).toThrow(
        expect.objectContaining(refusal),
      );
    }
    expect(fs.readFileSync(path).equals(before)).toBe(true);
    await writeIndex(index, path);
    expectSame(index, readIndexSync(path));
    await writeIndex(index, join(folder, 'other.faiss'), { atomic: false });
    expectSame(index, readIndexSync(join(folder, 'other.faiss')));
  });

  test('is merged into, and not out of', async () => {
    const path = join(folder, 'merge.faiss');
    await writeIndex(await filled('Flat'), path);
    const [mapped, read] = [readIndexSync(path, { mmap: true }), readIndexSync(path)];
    await expect(read.mergeFrom(mapped)).rejects.toMatchObject({
      code: 'ERR_VORONODE_UNSUPPORTED',
      message: expect.stringContaining('lie in a file that is mapped'),
    });
    await mapped.mergeFrom(await filled('Flat', 50));
    await read.mergeFrom(await filled('Flat', 50));
    expectSame(mapped, read);
  });

  test('with a vector that is not finite is opened, unless it is verified', async () => {
    const path = join(folder, 'nan.faiss');
    await writeIndex(await filled('Flat'), path);
    const bytes = fs.readFileSync(path);
    bytes.writeFloatLE(Number.NaN, 45 + 4 * (1234 * D + 5));
    fs.writeFileSync(path, bytes);
    const messages = [];
    for (const options of [{ mmap: true, verify: true }, {}]) {
      const error = await readIndex(path, options).catch((reason) => reason);
      expect(error.code).toBe('ERR_VORONODE_CORRUPT');
      messages.push(error.message);
    }
    expect(messages[0]).toBe(messages[1]);
    expect(messages[0]).toContain('row 1234, component 5');
    const mapped = await readIndex(path, { mmap: true });
    expect(mapped.searchSync(vectors(1, 2), N).labels.at(-1)).toBe(1234n);
  });

  test('is closed, and opened many times', async () => {
    const path = join(folder, 'many.faiss');
    await writeIndex(await filled('Flat'), path);
    const open = () => fs.readdirSync('/proc/self/fd').length;
    const before = process.platform === 'linux' ? open() : 0;
    const all = await Promise.all(Array.from({ length: 200 }, () => readIndex(path, { mmap: true })));
    expect(all[199]!.searchSync(vectors(1, 2), 1).labels.length).toBe(1);
    if (process.platform === 'linux') expect(open()).toBeGreaterThanOrEqual(before + 200);
    for (const index of all) index.close();
    if (process.platform === 'linux') expect(open()).toBeLessThan(before + 20);
    expect(() => all[0]!.searchSync(vectors(1, 2), 1)).toThrow(
      expect.objectContaining({ code: 'ERR_VORONODE_CLOSED' }),
    );
  });

  test('that is not there or none is refused as it is when it is read', async () => {
    fs.writeFileSync(join(folder, 'text'), 'this is no index, but long enough to be one '.repeat(9));
    fs.writeFileSync(join(folder, 'empty'), '');
    for (const name of ['missing', 'text', 'empty', '']) {
      const path = join(folder, name);
      const [a, b] = await Promise.all(
        [{ mmap: true }, {}].map((options) => readIndex(path, options).catch((error) => error)),
      );
      expect([a.name, a.code, a.message]).toEqual([b.name, b.code, b.message]);
      expect(() => readIndexSync(path, { mmap: true })).toThrow(expect.objectContaining({ code: b.code }));
    }
    const signal = AbortSignal.abort();
    await expect(readIndex(join(folder, 'text'), { mmap: true, signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test.runIf(!supported)('on Windows files are not mapped', async () => {
  const path = join(folder, 'index.faiss');
  writeIndexSync(new IndexFlatL2(2), path);
  await expect(readIndex(path, { mmap: true })).rejects.toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED' });
});

// In processes of their own, which a signal would end.
describe.runIf(supported)('while eight threads search a file', () => {
  test.concurrent.each(['truncate', 'empty', 'overwrite', 'shrink', 'unlink', 'replace'])(
    'that is changed (%s)',
    async (how) => {
      const own = join(folder, `while-${how}`);
      fs.mkdirSync(own);
      const { code, signal, stdout, stderr } = await run('io/mapping.cjs', [how, own, 8], {
        env: { VORONODE_THREADS: '8' },
        milliseconds: 60_000,
      });
      expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: '' });
      const total = JSON.parse(stdout);
      expect(total.right).toBeGreaterThan(0);
      expect(total.signals).toBe(0);
      if (how === 'unlink' || how === 'replace') expect(total.corrupt).toBe(0);
      else expect(total.corrupt).toBeGreaterThan(0);
    },
  );

  test('that was cut while another handler of SIGBUS stood before ours, and share a run', async () => {
    const { code, signal, stdout, stderr } = await run('io/mapping_joint.cjs', [join(folder, 'joint.faiss')], {
      env: { VORONODE_THREADS: '2' },
      milliseconds: 30_000,
    });
    expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: '64 0\n1\n', stderr: '' });
  });

  // ASan has a handler of its own.
  test.skipIf(process.env.ASAN_OPTIONS)(
    'and it was a worker that had mapped it, SIGBUS is again what it was',
    async () => {
      const path = join(folder, 'worker.faiss');
      const index = new IndexFlatL2(2);
      index.addSync(new Float32Array(20_000));
      writeIndexSync(index, path);
      const { signal, stdout, stderr } = await run('io/mapping_unloaded.cjs', [path]);
      expect({ signal, stdout, stderr }).toEqual({ signal: 'SIGBUS', stdout: '1\nworker 0\n', stderr: '' });
    },
  );
});

const rollup = '/proc/self/smaps_rollup';
// ASan takes memory of its own for what is mapped.
test.runIf(fs.existsSync(rollup) && !process.env.ASAN_OPTIONS)(
  'four processes have one copy of a file together',
  async () => {
    const path = join(folder, 'shared.faiss');
    const index = new IndexFlatL2(256, { sketch: false });
    await index.add(new Float32Array(96_000 * 256));
    await writeIndex(index, path);
    index.close();
    const program = join(__dirname, 'mapping_memory.cjs');
    const processes = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--expose-gc', program, path], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '', VORONODE_THREADS: '2' },
      }),
    );
    /** All of them; the sum of their proportional set sizes, in bytes. */
    const step = async () => {
      const tell = async (child: ChildProcess) => {
        child.stdin!.write('\n');
        return Number(String((await once(child.stdout!, 'data'))[0]));
      };
      return 1024 * (await Promise.all(processes.map(tell))).reduce((sum, one) => sum + one, 0);
    };
    const base = await step();
    await step();
    const mapped = await step();
    for (const child of processes) child.stdin!.write('\n');
    const { size } = fs.statSync(path);
    expect(mapped - base).toBeGreaterThan(0.9 * size);
    // The rest is what four processes take for themselves meanwhile; a copy each would be four times the file.
    expect(mapped - base).toBeLessThan(1.5 * size);
  },
);
