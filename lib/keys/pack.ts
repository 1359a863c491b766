/**
 * Keys on their way into the addon: for each its length in bytes, as LEB128, and its UTF-8, one behind the other.
 *
 * This runs on the event loop: a million keys of 25 characters take a tenth of a second. Putting thousands of them into one
 * string first, to write that at once, takes longer; so does TextEncoder.
 */

import { types } from 'node:util';
import { allocate } from '../allocate.js';
import { invalidType, invalidValue, objectRemedy, outOfRange } from '../errors.js';
import { isArray } from '../validate.js';

/**
 * Keys from the caller: an array of strings or a `Set` of them. A key is any string without lone surrogates whose UTF-8 has
 * up to 65 536 bytes; the empty one, too. Keys are the same if their characters are: `'é'` in one character and `'e'` with an
 * accent behind it are two.
 */
export type Keys = readonly string[] | ReadonlySet<string>;

/** Bytes of a key, at the most. */
const MAX_KEY = 65_536;
/** Of its length. */
const MAX_LENGTH = 3;
/** Bytes to begin with, and before which room is doubled without a look at what is coming. */
const FIRST_ROOM = 32_768;

const EXPECTED = 'an array or a Set of strings';
const { forEach } = Set.prototype;

/** Many keys, packed; `n`: how many there must be. */
export function packKeys(name: string, value: unknown, n?: number): Uint8Array {
  const keys = listOf(name, value);
  // Read once, as each element is: a getter may change it.
  const { length } = keys;
  if (n !== undefined && length !== n) throw outOfRange(`${name}.length`, `${n}, one key per vector`, length);
  const place = (i: number) => `${name}[${i}]`;
  let room: Buffer = Buffer.alloc(0);
  let end = 0;
  for (let i = 0; i < length; i++) {
    const key = keys[i];
    const most = mostBytes(place, i, key);
    if (end + most > room.length) room = larger(room.subarray(0, end), most, i, length);
    end = put(place, i, key as string, room, end);
  }
  return new Uint8Array(room.buffer, room.byteOffset, end);
}

/** One key, packed. */
export function packKey(name: string, value: unknown): Uint8Array {
  const place = () => name;
  const room = Buffer.allocUnsafe(mostBytes(place, 0, value));
  return room.subarray(0, put(place, 0, value as string, room, 0));
}

function listOf(name: string, value: unknown): readonly unknown[] {
  if (isArray(value)) return value;
  if (!types.isSet(value)) throw invalidType(name, EXPECTED, value, remedy(name, value));
  const list: unknown[] = [];
  forEach.call(value, (key) => list.push(key));
  return list;
}

function remedy(name: string, value: unknown): string {
  if (typeof value === 'string') return `use [${name}]`;
  if (types.isMap(value)) return `use [...${name}.keys()]`;
  return objectRemedy(value);
}

type Place = (i: number) => string;

/** What a key takes at the most: a character is three bytes of UTF-8 or fewer. */
function mostBytes(place: Place, i: number, key: unknown): number {
  if (typeof key !== 'string') throw invalidType(place(i), 'of type string', key);
  if (key.length > MAX_KEY) throw tooLong(place(i), key);
  return MAX_LENGTH + 3 * key.length;
}

/** A copy of `filled` with `more` bytes, and about so many as the keys behind the i-th of n will need. */
function larger(filled: Buffer, more: number, i: number, n: number): Buffer {
  const needed = filled.length + more;
  const foreseen = Math.ceil((1.05 * needed * n) / (i + 1));
  const size = Math.max(needed, Math.min(foreseen, 2 * Math.max(filled.length, FIRST_ROOM)));
  const room = Buffer.from(allocate(Uint8Array, size, 'keys').buffer);
  room.set(filled);
  return room;
}

const lengthBytes = (length: number) => (length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : MAX_LENGTH);

/** Writes a key at `at`, and gives the place behind it. */
function put(...[place, i, key, room, at]: [Place, number, string, Buffer, number]): number {
  // Of ASCII, which most keys are, a character is a byte.
  let begin = at + lengthBytes(key.length);
  const bytes = room.write(key, begin, 'utf8');
  if (bytes !== key.length) {
    checkOdd(place, i, key, bytes);
    if (at + lengthBytes(bytes) !== begin) {
      room.copyWithin(at + lengthBytes(bytes), begin, begin + bytes);
      begin = at + lengthBytes(bytes);
    }
  }
  let rest = bytes;
  let to = at;
  for (; rest > 127; rest >>>= 7) room[to++] = (rest & 127) | 128;
  room[to] = rest;
  return begin + bytes;
}

/** Of a key that is not ASCII. */
function checkOdd(place: Place, i: number, key: string, bytes: number): void {
  if (bytes > MAX_KEY) throw tooLong(place(i), key);
  if ((key as unknown as { isWellFormed(): boolean }).isWellFormed()) return;
  const message = `The argument '${place(i)}' must be without lone surrogates, which UTF-8 cannot hold`;
  throw invalidValue(`${message}. Received ${JSON.stringify(shown(key))}`);
}

const tooLong = (name: string, key: string) => outOfRange(name, `of up to ${MAX_KEY} bytes of UTF-8`, shown(key));

/** Enough of a key to know it by. */
function shown(key: string): string {
  return key.length > 40 ? `${key.slice(0, 40)}…` : key;
}
