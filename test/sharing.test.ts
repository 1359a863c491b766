/** One index in several threads: the objects and tokens here, the threads in programs of their own (sharing/). */

import { describe, expect, it, test } from 'vitest';
import {
  Index,
  IndexFlatL2,
  IndexIDMap,
  IndexIVFFlat,
  IndexRefineFlat,
  indexFactory,
  matrix,
  type SharedToken,
  serializeIndexSync,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { type ProgramOptions, run } from './program.js';

const vectors = Float32Array.from({ length: 100 }, (_, i) => i % 31);

function ivf() {
  const index = new IndexIVFFlat(1, 4, { nprobe: 4 });
  index.trainSync(vectors);
  return index;
}

const codeOf = (body: () => unknown) => {
  try {
    body();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return 'none';
};

describe('a token', () => {
  it('is a plain object that survives cloning and JSON', () => {
    const index = new IndexFlatL2(3);
    const token = index.share();
    expect(token).toEqual({
      id: expect.stringMatching(/^[\da-f]{32}$/),
      copy: expect.stringMatching(/^[\da-f]{32}$/),
      pid: process.pid,
      kind: 'IndexFlat',
      d: 3,
      readonly: false,
    });
    for (const copy of [structuredClone(token), JSON.parse(JSON.stringify(token))]) {
      expect(copy).toEqual(token);
      Index.fromShared(copy).addSync(Float32Array.of(1, 2, 3));
    }
    expect(index.ntotal).toBe(2);
  });

  it('is the same for the same index, whatever object it is asked of', () => {
    const index = new IndexFlatL2(1);
    const token = index.share();
    expect(index.share()).toEqual(token);
    expect(index.share({ readonly: false })).toEqual(token);
    expect(Index.fromShared(token).share()).toEqual(token);
    expect(index.share({ readonly: true })).toEqual({
      ...token,
      id: expect.not.stringMatching(token.id),
      readonly: true,
    });
    expect(new IndexFlatL2(1).share().id).not.toBe(token.id);
  });

  test.each<[string, (token: SharedToken) => unknown, string, string | RegExp]>([
    [
      'undefined',
      () => undefined,
      'ERR_INVALID_ARG_TYPE',
      /"token" argument must be what share\(\).* Received undefined$/,
    ],
    ['null', () => null, 'ERR_INVALID_ARG_TYPE', /Received null$/],
    ['a string', ({ id }) => id, 'ERR_INVALID_ARG_TYPE', /Received type string/],
    ['an array', (token) => [token], 'ERR_INVALID_ARG_TYPE', /Received Object\[\]$/],
    ['an index', () => new IndexFlatL2(1), 'ERR_INVALID_ARG_VALUE', /it has no id$/],
    ['without id', ({ id, ...rest }) => rest, 'ERR_INVALID_ARG_VALUE', /it has no id$/],
    ['without pid', ({ pid, ...rest }) => rest, 'ERR_INVALID_ARG_VALUE', /it has no pid$/],
    [
      'with a number as id',
      (token) => ({ ...token, id: 1 }),
      'ERR_INVALID_ARG_TYPE',
      /"token\.id" property must be of type/,
    ],
    [
      'with a string as d',
      (token) => ({ ...token, d: '1' }),
      'ERR_INVALID_ARG_TYPE',
      /"token\.d" property must be of type/,
    ],
    [
      'with another id',
      (token) => ({ ...token, id: `${token.id} ` }),
      'ERR_VORONODE_CLOSED',
      /The shared index is closed/,
    ],
    [
      'of another copy',
      (token) => ({ ...token, copy: '' }),
      'ERR_VORONODE_UNSUPPORTED',
      /another copy .* readIndex\(path\)/,
    ],
    [
      'of another process',
      (token) => ({ ...token, copy: '', pid: 1 }),
      'ERR_VORONODE_UNSUPPORTED',
      /process 1, .* readIndex\(path\)/,
    ],
  ])('that is not one is refused: %s', (_, change, code, message) => {
    const index = new IndexFlatL2(1);
    const call = () => Index.fromShared(change(index.share()) as SharedToken);
    expect(call).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  it('is refused by another process', async () => {
    await expectOutput('sharing/fork.mjs', [], /^ERR_VORONODE_UNSUPPORTED This token is of process PARENT, .* CHILD: /);
  });

  it('is refused by the addon without the checks of lib', () => {
    const adopt = (copy: string, id: string) => () => native.adoptIndex(copy, id);
    expect(adopt('', '')).toThrow(/shared in another process, or by another copy/);
    expect(adopt(native.addonCopy(), '')).toThrow(/The shared index is closed/);
  });
});

test('options of share are checked', () => {
  const index = new IndexFlatL2(1);
  expect(() => index.share({ readOnly: true } as never)).toThrow(/Did you mean 'readonly'/);
  expect(() => index.share({ readonly: 1 } as never)).toThrow(/"options.readonly" property must be of type boolean/);
  expect(codeOf(() => Index.prototype.share.call({}))).toBe('ERR_INVALID_THIS');
  expect(codeOf(() => Index.prototype.unshare.call(null as never))).toBe('ERR_INVALID_THIS');
});

describe('an adopted index', () => {
  it('is the same index, of the same class', () => {
    const map = new IndexIDMap(ivf());
    const same = Index.fromShared<typeof map>(map.share());
    expect(same).toBeInstanceOf(IndexIDMap);
    expect(same.index).toBeInstanceOf(IndexIVFFlat);
    same.addWithIdsSync(Float32Array.of(5), [50]);
    map.addWithIdsSync(Float32Array.of(6), [60]);
    expect(map.ntotal).toBe(2);
    expect(map.searchSync(Float32Array.of(5), 2)).toEqual(same.searchSync(Float32Array.of(5), 2));
    same.index.nprobe = 3;
    expect(map.index.nprobe).toBe(3);
  });

  it('lives on when the owner closes, which ends its tokens', () => {
    const index = new IndexFlatL2(1);
    const [token, reading] = [index.share(), index.share({ readonly: true })];
    const same = Index.fromShared(token);
    index.close();
    for (const one of [token, reading]) expect(codeOf(() => Index.fromShared(one))).toBe('ERR_VORONODE_CLOSED');
    expect(codeOf(() => index.share())).toBe('ERR_VORONODE_CLOSED');
    same.addSync(Float32Array.of(1));
    expect(same.ntotal).toBe(1);
    const anew = same.share();
    expect(anew.id).not.toBe(token.id);
    expect(Index.fromShared(anew).ntotal).toBe(1);
    same.close();
    expect(codeOf(() => Index.fromShared(anew))).toBe('ERR_VORONODE_CLOSED');
  });

  it('can be shared on, and keeps the token alive', () => {
    const index = new IndexFlatL2(1);
    const token = index.share();
    const same = Index.fromShared(token);
    same.share();
    index.unshare();
    expect(Index.fromShared(token).ntotal).toBe(0);
    same.unshare();
    expect(codeOf(() => Index.fromShared(token))).toBe('ERR_VORONODE_CLOSED');
    index.unshare(); // nothing more
    expect(Index.fromShared(index.share())).toBeInstanceOf(IndexFlatL2);
  });

  it('of the index in a wrapper searches, and changes only through the wrapper', () => {
    const map = new IndexIDMap(new IndexFlatL2(1));
    map.addWithIdsSync(Float32Array.of(1), [10]);
    const inner = Index.fromShared(map.index.share());
    expect(inner.searchSync(Float32Array.of(1), 1).labels[0]).toBe(0n);
    expect(() => inner.addSync(Float32Array.of(1))).toThrow(/belongs to a wrapper/);
    map.close();
    map.index.close();
    expect(inner.ntotal).toBe(1);
  });

  it('may be wrapped where it was adopted', () => {
    const index = new IndexFlatL2(1);
    const map = new IndexIDMap(Index.fromShared(index.share()));
    expect(() => index.addSync(Float32Array.of(1))).toThrow(/belongs to a wrapper/);
    map.addWithIdsSync(Float32Array.of(1), [5]);
    expect(index.ntotal).toBe(1);
  });

  it('merges with others, but not with itself', () => {
    const [one, other] = [new IndexFlatL2(1), new IndexFlatL2(1)];
    other.addSync(Float32Array.of(1, 2));
    const same = Index.fromShared(one.share());
    expect(() => one.mergeFromSync(same)).toThrow(/merged into itself/);
    same.mergeFromSync(Index.fromShared(other.share()));
    expect([one.ntotal, other.ntotal]).toEqual([2, 0]);
  });
});

describe('one that is shared for reading', () => {
  const own = new IndexIDMap(ivf());
  own.addWithIdsSync(vectors, Array.from(vectors.keys()));
  const index = Index.fromShared<typeof own>(own.share({ readonly: true }));

  it('searches, reconstructs and saves', async () => {
    const query = Float32Array.of(3);
    expect(index.searchSync(query, 3)).toEqual(own.searchSync(query, 3));
    expect(await index.rangeSearch(query, 2)).toEqual(await own.rangeSearch(query, 2));
    expect(index.reconstructSync(7)).toEqual(own.reconstructSync(7));
    expect(index.hasSync(7)).toBe(true);
    expect(index.idsSync()).toEqual(own.idsSync());
    expect(index.index.listSizesSync()).toEqual(own.index.listSizesSync());
    expect(serializeIndexSync(index)).toEqual(serializeIndexSync(own));
    expect(index.stats()).toEqual(own.stats());
  });

  const one = Float32Array.of(1);
  test.each<[string, () => unknown]>([
    ['add', () => index.index.addSync(one)],
    ['addWithIds', () => index.addWithIdsSync(one, [1])],
    ['upsert', () => index.upsertSync(one, [1])],
    ['updateVectors', () => index.updateVectorsSync(one, [1])],
    ['removeIds', () => index.removeIdsSync([1])],
    ['train', () => index.trainSync(vectors)],
    ['reset', () => index.resetSync()],
    ['mergeFrom', () => index.mergeFromSync(new IndexIDMap(ivf()))],
    ['mergeFrom, to take all', () => new IndexIDMap(ivf()).mergeFromSync(index)],
    ['nprobe', () => Object.assign(index.index, { nprobe: 1 })],
    ['a wrapper around it', () => new IndexRefineFlat(Index.fromShared(new IndexFlatL2(1).share({ readonly: true })))],
    ['a map around it', () => new IndexIDMap(Index.fromShared(new IndexFlatL2(1).share({ readonly: true })))],
    [
      'an inverted file over it',
      () => new IndexIVFFlat(1, 2, { quantizer: Index.fromShared(new IndexFlatL2(1).share({ readonly: true })) }),
    ],
    ['its quantizer', () => index.index.quantizer.resetSync()],
  ])('refuses %s', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED' }));
    expect(call).toThrow(/\{ readonly: true \}/);
    expect(own.ntotal).toBe(100);
    expect(own.index.nprobe).toBe(4);
  });

  it('refuses kFactor', () => {
    const refine = new IndexRefineFlat(new IndexFlatL2(1), { kFactor: 2 });
    const same = Index.fromShared<typeof refine>(refine.share({ readonly: true }));
    expect(() => Object.assign(same, { kFactor: 3 })).toThrow(/\{ readonly: true \}/);
    expect(refine.kFactor).toBe(2);
  });

  it('refuses in promises, too', async () => {
    for (const change of [index.upsert(one, [1]), index.removeIds([1]), index.reset(), index.train(vectors)]) {
      await expect(change).rejects.toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED' });
    }
  });

  it('is shared on for reading only', () => {
    for (const options of [undefined, { readonly: false }, { readonly: true }]) {
      expect(index.share(options)).toEqual(own.share({ readonly: true }));
    }
  });
});

test('many indexes at once have tokens of their own', () => {
  const indexes = Array.from({ length: 300 }, (_, i) => indexFactory(1 + (i % 7), 'Flat'));
  const tokens = indexes.map((index) => index.share());
  expect(new Set(tokens.map(({ id }) => id)).size).toBe(300);
  for (const [i, token] of tokens.entries()) expect(Index.fromShared(token).d).toBe(1 + (i % 7));
  for (const index of indexes) index.close();
  for (const token of tokens) expect(codeOf(() => Index.fromShared(token))).toBe('ERR_VORONODE_CLOSED');
});

test('an index stays shared when its object is collected as garbage', async () => {
  const token = (() => {
    const index = new IndexFlatL2(2);
    index.addSync(matrix([[1, 2]]));
    return index.share();
  })();
  for (let i = 0; i < 20; i++) {
    new IndexFlatL2(256).addSync(new Float32Array(256 * 10_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(Index.fromShared(token).ntotal).toBe(1);
});

const THOROUGH = Boolean(process.env.VORONODE_THOROUGH);

describe('threads', () => {
  it('get the classes of the indexes', async () => {
    const shown = 'IndexIDMap IndexFlatL2 IndexFlatL2 IndexPreTransform IndexIVFFlat IndexFlatL2 1 1';
    await expectOutput('sharing/threads.mjs', [], `${shown} ERR_VORONODE_UNSUPPORTED\n1 7n\n`);
  });

  it.each(['IDMap,Flat', 'IVF16,Flat', 'IDMap,SQ8,RFlat', 'IDMap,L2norm,Flat'])(
    'find the same bits while vectors are replaced: %s',
    async (description) => {
      await expectOutput('sharing/answers.mjs', [description], 'the same\n');
    },
  );

  it('do not notice what goes wrong in one of them', async () => {
    await expectOutput('sharing/faults.mjs', [], '20000 vectors, 0 and 0 wrong\n');
  });

  it.each(['close', 'unshare', 'terminate', 'leave'])('go on when the owner ends: %s', async (way) => {
    const expected = `after ${way}: ERR_VORONODE_CLOSED\nright, 5002 vectors\nfalse, 5002 vectors\n`;
    await expectOutput('sharing/owner.mjs', [way], expected);
  });

  it.each(['IDMap,Flat', 'IVF16,Flat'])(
    'are terminated in the midst of work, and %s stays whole',
    async (description) => {
      const times = THOROUGH ? 300 : 40;
      await expectOutput('sharing/terminate.mjs', [times, description], `terminated ${times}, whole\n`);
    },
  );

  it('are terminated although others have the index', async () => {
    await expectOutput('sharing/waiting.mjs', [], 'still busy\nfree\n0 and 102 vectors\n');
  });

  it('merge two indexes into each other', async () => {
    const rounds = THOROUGH ? 1000 : 60;
    await expectOutput('sharing/circle.mjs', [rounds], '40 left of 40, searched meanwhile\n');
  });

  it('change indexes from filter functions', async () => {
    await expectOutput('sharing/filters.mjs', [], 'came through\n');
  });

  it('wrap an index and add to it at the same moment', async () => {
    await expectOutput('sharing/wrap.mjs', [THOROUGH ? 10_000 : 1000], /^(ERR_VORONODE_UNSUPPORTED|none|,)+\n$/);
  });

  // ASan keeps what was freed for a while.
  it.skipIf(process.env.ASAN_OPTIONS)('leave no memory behind, and count that of an index once', async () => {
    await expectOutput('sharing/memory.mjs', [10_000], 'no leak\ncounted once\n', { node: ['--expose-gc'] });
  });
});

async function expectOutput(
  program: string,
  args: (string | number)[],
  expected: string | RegExp,
  options: ProgramOptions = {},
) {
  const { code, signal, stdout, stderr } = await run(program, args, { milliseconds: 60_000, ...options });
  expect({ signal, code, stderr }).toEqual({ signal: null, code: 0, stderr: expect.not.stringContaining('Error') });
  expect(stdout).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
}
