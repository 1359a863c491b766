/**
 * Arguments of the functions that read and write indexes; what they do to indexes is in contract/files.ts, to bytes
 * in io/.
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  deserializeIndex,
  deserializeIndexSync,
  type Index,
  IndexFlatL2,
  readIndex,
  readIndexSync,
  serializeIndex,
  serializeIndexSync,
  writeIndex,
  writeIndexSync,
} from '../lib/index.js';
import { hostile } from './hostile.js';

const wrong = (value: unknown) => value as never;
const index = new IndexFlatL2(2);
index.addSync(Float32Array.of(1, 2, 3, 4));

let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'voronode-'));
  path = join(folder, 'index.faiss');
  writeIndexSync(index, path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function typeError(name: string, expected: string): object {
  const message = expect.stringMatching(new RegExp(`^The "${name}" \\w+ must be ${expected}. Received `));
  return { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message };
}

/** Both ways of calling must fail alike. */
async function refuses(sync: () => unknown, async: () => Promise<unknown>, error: object): Promise<void> {
  expect(sync).toThrow(expect.objectContaining(error));
  await expect(async()).rejects.toMatchObject(error);
}

describe.each(Object.entries(hostile))('%s', (title, make) => {
  test('is no path', async () => {
    const value = make();
    let error: object = typeError('path', 'of type string or an instance of Buffer or URL');
    if (typeof value === 'string') {
      // Files that are not there, or none: an empty name, a name with a null character.
      error = value.includes('\0')
        ? { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' }
        : { name: 'Error', code: 'ENOENT' };
    }
    // Bytes that are null, or are not there any more.
    if (types.isUint8Array(value)) error = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
    await refuses(
      () => readIndexSync(wrong(make())),
      () => readIndex(wrong(make())),
      error,
    );
    if (typeof value === 'string' && !value.includes('\0')) return; // names that can be written to
    await refuses(
      () => writeIndexSync(index, wrong(make())),
      () => writeIndex(index, wrong(make())),
      error,
    );
  });

  test('is no index', async () => {
    if (title === 'index') return void expect(serializeIndexSync(make() as Index).length).toBeGreaterThan(0);
    const error = typeError('index', 'an instance of Index');
    const other = join(folder, 'never.faiss');
    await refuses(
      () => serializeIndexSync(wrong(make())),
      () => serializeIndex(wrong(make())),
      error,
    );
    await refuses(
      () => writeIndexSync(wrong(make()), other),
      () => writeIndex(wrong(make()), other),
      error,
    );
    expect(existsSync(other)).toBe(false);
  });

  test('has no bytes of an index', async () => {
    let error: object = typeError('bytes', 'a Uint8Array');
    if (['uint8array', 'buffer'].includes(title)) error = { name: 'Error', code: 'ERR_VORONODE_CORRUPT' };
    if (['a detached uint8array', 'a uint8array outside its buffer'].includes(title)) {
      error = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
    }
    await refuses(
      () => deserializeIndexSync(wrong(make())),
      () => deserializeIndex(wrong(make())),
      error,
    );
  });

  test('is no signal', async () => {
    if (title === 'undefined' || title.startsWith('a proxy of an') || title.startsWith('a revoked proxy')) return;
    const options = () => ({ signal: wrong(make()) });
    const error = typeError('options.signal', 'an instance of AbortSignal');
    await refuses(
      () => readIndexSync(path, options()),
      () => readIndex(path, options()),
      error,
    );
    await expect(writeIndex(index, path, options())).rejects.toMatchObject(error);
    await expect(serializeIndex(index, options())).rejects.toMatchObject(error);
    await expect(deserializeIndex(serializeIndexSync(index), options())).rejects.toMatchObject(error);
  });
});

test('options that are none are refused', async () => {
  const error = typeError('options', 'of type object');
  for (const options of [null, 1, 'mmap', []]) {
    await refuses(
      () => readIndexSync(path, wrong(options)),
      () => readIndex(path, wrong(options)),
      error,
    );
    await expect(writeIndex(index, path, wrong(options))).rejects.toMatchObject(error);
    await expect(serializeIndex(index, wrong(options))).rejects.toMatchObject(error);
    await expect(deserializeIndex(serializeIndexSync(index), wrong(options))).rejects.toMatchObject(error);
  }
});

test('how a file is mapped is said by booleans', async () => {
  const read = (given: object) => () => readIndexSync(path, wrong(given));
  const readAsync = (given: object) => () => readIndex(path, wrong(given));
  for (const name of ['mmap', 'verify']) {
    for (const value of [1, 0, null, 'true', 4]) {
      const given = { mmap: true, [name]: value };
      await refuses(read(given), readAsync(given), typeError(`options.${name}`, 'of type boolean'));
    }
  }
  for (const given of [{ verify: true }, { verify: true, mmap: false }]) {
    await refuses(read(given), readAsync(given), {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: 'options.verify is for { mmap: true }: what is read is always verified',
    });
  }
  for (const given of [{}, { mmap: false }, { mmap: undefined, verify: undefined }, { verify: false }]) {
    expect(read(given)().ntotal).toBe(2);
    expect((await readAsync(given)()).ntotal).toBe(2);
  }
});

test('URLs that name no file are refused', async () => {
  const url = new URL('https://example.org/index.faiss');
  await refuses(
    () => readIndexSync(url),
    () => readIndex(url),
    { name: 'TypeError', code: 'ERR_INVALID_URL_SCHEME' },
  );
});

test('a URL of another class names its file, as in node:fs', async () => {
  writeIndexSync(index, path);
  const { href, protocol, hostname, pathname } = pathToFileURL(path);
  class OtherURL {
    get href() {
      return href;
    }
    get protocol() {
      return protocol;
    }
    hostname = hostname;
    pathname = pathname;
  }
  const url = new OtherURL() as unknown as URL; // as of the packages whatwg-url and jsdom
  expect(readIndexSync(url).ntotal).toBe(2);
  expect((await readIndex(url)).ntotal).toBe(2);
  const legacy = { href, protocol, hostname, pathname, auth: null, path: pathname }; // what url.parse() returns
  await refuses(
    () => readIndexSync(wrong(legacy)),
    () => readIndex(wrong(legacy)),
    typeError('path', 'of type string or an instance of Buffer or URL'),
  );
});

test('any view of the right bytes will do', async () => {
  const bytes = serializeIndexSync(index);
  const inside = new Uint8Array(bytes.length + 7);
  inside.set(bytes, 3);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  for (const view of [inside.subarray(3, 3 + bytes.length), Buffer.from(bytes), shared]) {
    expect(deserializeIndexSync(view).reconstructSync(1)).toEqual(Float32Array.of(3, 4));
    const reading = deserializeIndex(view);
    view.fill(0); // copied at the call
    expect((await reading).reconstructSync(1)).toEqual(Float32Array.of(3, 4));
  }
});

test('a file that is no index is named in the error', async () => {
  const other = join(folder, 'text.faiss');
  writeFileSync(other, 'this is no index, but long enough to be one '.repeat(9));
  await refuses(
    () => readIndexSync(other),
    () => readIndex(other),
    { name: 'Error', code: 'ERR_VORONODE_CORRUPT', message: expect.stringContaining(other) },
  );
});
