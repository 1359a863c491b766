/**
 * Indexes to and from bytes and files, in Faiss's own format: what is written here Faiss reads, and the other way
 * round.
 *
 * Bytes that are no index give ERR_VORONODE_CORRUPT with section and offset; a Faiss kind that is not offered gives
 * ERR_VORONODE_UNSUPPORTED by name; failures of the file system have the codes of `node:fs`.
 */

import { setImmediate } from 'node:timers/promises';
import {
  type AbortOptions,
  abortable,
  signalOf,
  TRANSFER_NAMES,
  type TransferOptions,
  throwIfAborted,
  WORK_NAMES,
  type WorkOptions,
  workOf,
} from './abort.js';
import { allocate } from './allocate.js';
import { invalidValue } from './errors.js';
import { Held } from './held.js';
import type { Index } from './index_base.js';
import type { IndexKeyMap } from './keys/key_map.js';
import { adopt } from './kinds.js';
import { type NativeBytes, native } from './native.js';
import { checkNames } from './options.js';
import { checkPermission } from './permission.js';
import { checkBoolean, checkBytes, checkPath } from './validate.js';

/** What saving takes. */
export interface SaveOptions extends AbortOptions {
  /**
   * `false` writes into the file itself instead of putting a new one in its place: for a file that cannot be replaced, such
   * as one that is mounted alone into a container, or one in a folder that may not be written. When the save is done it is on
   * the disk all the same; but after a failure, an abort or a crash in the middle the file is broken, and who reads it
   * meanwhile finds it so. Default: `true`.
   */
  atomic?: boolean | undefined;
  /**
   * `true` adds the sketches of float32 vectors (`IndexFlat`, `IndexIVFFlat`, alone or in wrappers), about a quarter of the
   * vectors' size, so that searches are as fast where the file is mapped ({@link MapOptions.mmap}) as they are in memory.
   * Faiss reads the file all the same. Default: `false`.
   */
  mappable?: boolean | undefined;
}

/** How a file is opened. */
export interface MapOptions {
  /**
   * `true` leaves the vectors or codes of flat indexes and inverted lists where they are, inside wrappers too: they
   * are read from the file when a search needs them, and all processes that map it share one copy in memory. A flat index
   * opens at once, whatever its size; keys, centroids and the ids of inverted lists are read. Searches of float32 vectors
   * take several times as long as in memory, unless the file was written with {@link SaveOptions.mappable}. The index may be
   * changed: vectors that come are kept in memory, and the file stays as it is.
   *
   * Whoever puts a *new* file in its place, as {@link writeIndex} does, does not disturb it. If the file itself is
   * overwritten or cut, which its size and its time of change tell, all calls fail from then on with ERR_VORONODE_CORRUPT.
   * Each such index holds a descriptor of the file until it is closed, or collected as garbage. Not on Windows
   * (ERR_VORONODE_UNSUPPORTED). Default: `false`.
   */
  mmap?: boolean | undefined;
  /**
   * Whether to go over what is mapped, as is done with what is read: vectors must be finite. One that is not is otherwise
   * found after all others. Default: `false`.
   */
  verify?: boolean | undefined;
}

/**
 * Reads an index from a file. `path`: a string, a file URL, or a `Buffer` with the bytes of the name, which need not be
 * UTF-8 (except on Windows). Nothing in the file is trusted: broken files give errors. Nothing checks the type
 * that you say it has, as in `readIndex<IndexIVFFlat>(path)`.
 * @throws ERR_VORONODE_CORRUPT with section and offset; ERR_VORONODE_UNSUPPORTED for kinds of Faiss's that are not
 * offered, by name; ENOENT, EACCES, … as `node:fs` has them; ERR_ACCESS_DENIED if Node's permission model forbids it
 */
export async function readIndex<I extends Index | IndexKeyMap = Index>(
  path: string | URL | Uint8Array,
  options?: MapOptions & WorkOptions,
): Promise<I> {
  const file = readable(path);
  const { mmap, verify } = mappingOf(options, WORK_NAMES, 'readIndex()');
  return adopt(
    await abortable(workOf(options), (token) =>
      mmap ? native.mapIndex(file, verify === true, token) : native.readIndex(file, token),
    ),
  ) as I;
}

/** {@link readIndex} on the calling thread. */
export function readIndexSync<I extends Index | IndexKeyMap = Index>(
  path: string | URL | Uint8Array,
  options?: MapOptions & AbortOptions,
): I {
  const file = readable(path);
  const { mmap, verify } = mappingOf(options, ['signal'], 'readIndexSync()');
  throwIfAborted(signalOf(options));
  return adopt(mmap ? native.mapIndexSync(file, verify === true) : native.readIndexSync(file)) as I;
}

/**
 * Writes an index to a file, durably and atomically: when it is done the file is on disk; after any failure, or a
 * crash at any moment, the file that was there before is whole. Searches and adds may go on; the file holds what was
 * there at the start. `path` is as in {@link readIndex}. A file that is there keeps its permissions, and its owner where
 * that is possible; a symbolic link stays and what it points to is replaced; other hard links keep the old content.
 *
 * @example
 * ```js
 * import { IndexFlatL2, readIndex, writeIndex } from 'voronode';
 *
 * const index = new IndexFlatL2(2);
 * await index.add(Float32Array.of(0, 0, 1, 1));
 * await writeIndex(index, 'two.faiss');
 * console.log((await readIndex('two.faiss')).ntotal); // 2
 * ```
 * @throws ENOSPC, EACCES, … as `node:fs` has them; EBUSY if the file is a mount of its own, and EACCES if its folder may not
 * be written: their messages name the remedies, one of which is {@link SaveOptions.atomic}; ERR_ACCESS_DENIED if Node's
 * permission model forbids it
 */
export async function writeIndex(
  index: Index | IndexKeyMap,
  path: string | URL | Uint8Array,
  options?: SaveOptions & WorkOptions,
): Promise<void> {
  const handle = Held.eitherHandle('index', index);
  const file = writable(path);
  const { atomic, mappable } = savingOf(options, WORK_NAMES, 'writeIndex()');
  return await abortable(workOf(options), (token) => native.writeIndex(handle, file, atomic, mappable, token));
}

/** {@link writeIndex} on the calling thread. */
export function writeIndexSync(
  index: Index | IndexKeyMap,
  path: string | URL | Uint8Array,
  options?: SaveOptions,
): void {
  const handle = Held.eitherHandle('index', index);
  const file = writable(path);
  const { atomic, mappable } = savingOf(options, ['signal'], 'writeIndexSync()');
  throwIfAborted(signalOf(options));
  native.writeIndexSync(handle, file, atomic, mappable);
}

/** The bytes that {@link writeIndex} would write. They are put into their array a megabyte at a time, between other events. */
export async function serializeIndex(index: Index | IndexKeyMap, options?: WorkOptions): Promise<Uint8Array> {
  const handle = Held.eitherHandle('index', index);
  checkNames(options, WORK_NAMES, 'serializeIndex()');
  const work = workOf(options);
  const bytes = await abortable(work, (token) => native.serializeIndex(handle, token));
  return ArrayBuffer.isView(bytes) ? bytes : await takenOut(bytes, work.signal);
}

/** {@link serializeIndex} on the calling thread. */
export function serializeIndexSync(index: Index | IndexKeyMap): Uint8Array {
  return native.serializeIndexSync(Held.eitherHandle('index', index));
}

/** An index from the bytes of a file, with the errors of {@link readIndex}; bytes behind it are ignored, as in Faiss. */
export async function deserializeIndex<I extends Index | IndexKeyMap = Index>(
  bytes: Uint8Array,
  options?: TransferOptions,
): Promise<I> {
  checkBytes('bytes', bytes);
  checkNames(options, TRANSFER_NAMES, 'deserializeIndex()');
  return adopt(await abortable(workOf(options), (token) => native.deserializeIndex(bytes, token))) as I;
}

/** {@link deserializeIndex} on the calling thread. */
export function deserializeIndexSync<I extends Index | IndexKeyMap = Index>(bytes: Uint8Array): I {
  return adopt(native.deserializeIndexSync(checkBytes('bytes', bytes))) as I;
}

/** About a millisecond, with fresh memory. */
const PIECE = 1 << 20;

async function takenOut(bytes: NativeBytes, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const { length } = bytes;
  try {
    const array = allocate(Uint8Array, length, 'the bytes of an index');
    for (let begin = 0; begin < length; begin += PIECE) {
      if (begin > 0) await setImmediate();
      throwIfAborted(signal);
      native.takeBytes(bytes, begin, array.subarray(begin, begin + PIECE));
    }
    return array;
  } catch (error) {
    native.takeBytes(bytes, length, new Uint8Array(0));
    throw error;
  }
}

function readable(path: string | URL | Uint8Array): string | Uint8Array {
  const file = checkPath(path);
  checkPermission('fs.read', file);
  return file;
}

function writable(path: string | URL | Uint8Array): string | Uint8Array {
  const file = checkPath(path);
  checkPermission('fs.write', file);
  return file;
}

function savingOf(options: SaveOptions | undefined, names: readonly string[], taker: string) {
  checkNames(options, ['atomic', 'mappable', ...names], taker);
  return {
    atomic: options?.atomic === undefined || checkBoolean('options.atomic', options.atomic),
    mappable: options?.mappable !== undefined && checkBoolean('options.mappable', options.mappable),
  };
}

/** Whether a file is to be mapped, and then gone over. */
function mappingOf(options: MapOptions | undefined, names: readonly string[], taker: string): MapOptions {
  checkNames(options, ['mmap', 'verify', ...names], taker);
  const flag = (name: 'mmap' | 'verify') =>
    options?.[name] !== undefined && checkBoolean(`options.${name}`, options[name]);
  const [mmap, verify] = [flag('mmap'), flag('verify')];
  if (verify && !mmap) throw invalidValue('options.verify is for { mmap: true }: what is read is always verified');
  return { mmap, verify };
}
