/**
 * Keys on their way into the addon: for each its length in bytes, as LEB128, and its UTF-8, one behind the other.
 *
 * This runs on the event loop. Of a call into Buffer most is the call: short ASCII keys, which most are, are put together with
 * their lengths into one string for each thousand, which is written at once. That takes half the time of a call for each key.
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
export const MAX_KEY = 65_536;

const EXPECTED = 'an array or a Set of strings';
const AT_ONCE = 1000;
/** What is written as one byte of length, which is also one character. */
const LENGTHS = Array.from({ length: 128 }, (_, length) => String.fromCharCode(length));
const { forEach } = Set.prototype;

/** Many keys, packed; `n`: how many there must be. */
export function packKeys(name: string, value: unknown, n?: number): Uint8Array {
  const keys = listOf(name, value);
  // Read once: a getter may change it.
  const { length } = keys;
  if (n !== undefined && length !== n) throw outOfRange(`${name}.length`, `${n}, one key per vector`, length);
  const out = new Packed();
  for (let begin = 0; begin < length; begin += AT_ONCE) {
    packSlice(out, name, keys, begin, Math.min(begin + AT_ONCE, length));
  }
  return out.bytes();
}

/** One key, packed. */
export function packKey(name: string, value: unknown): Uint8Array {
  const out = new Packed();
  out.key(name, value);
  return out.bytes();
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

/** The keys [begin, end): each element of the caller's array is looked at once. */
function packSlice(...[out, name, keys, begin, end]: [Packed, string, readonly unknown[], number, number]): void {
  const slice: unknown[] = [];
  let joined = '';
  let short = true;
  for (let i = begin; i < end; i++) {
    const key = keys[i];
    if (typeof key !== 'string') throw invalidType(`${name}[${i}]`, 'of type string', key);
    slice.push(key);
    if (key.length > 127) short = false;
    else if (short) joined += (LENGTHS[key.length] as string) + key;
  }
  if (short && out.ascii(joined)) return;
  for (let i = begin; i < end; i++) out.key(`${name}[${i}]`, slice[i - begin]);
}

/** A buffer that grows. */
class Packed {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  /** Adds a string of ASCII as it is; false, and nothing is added, if it is none. */
  ascii(text: string): boolean {
    this.#reserve(3 * text.length);
    if (this.#buffer.write(text, this.#length, 'utf8') !== text.length) return false;
    this.#length += text.length;
    return true;
  }

  key(name: string, key: unknown): void {
    if (typeof key !== 'string') throw invalidType(name, 'of type string', key);
    // Each character of a string has at least a byte.
    const bytes = key.length > MAX_KEY ? key.length : Buffer.byteLength(key);
    if (bytes > MAX_KEY) throw outOfRange(name, `of up to ${MAX_KEY} bytes of UTF-8`, shown(key));
    if (bytes !== key.length && !(key as unknown as { isWellFormed(): boolean }).isWellFormed()) {
      const message = `The argument '${name}' must be without lone surrogates, which UTF-8 cannot hold`;
      throw invalidValue(`${message}. Received ${JSON.stringify(shown(key))}`);
    }
    this.#reserve(3 + bytes);
    let rest = bytes;
    for (; rest > 127; rest >>>= 7) this.#buffer[this.#length++] = (rest & 127) | 128;
    this.#buffer[this.#length++] = rest;
    this.#length += this.#buffer.write(key, this.#length, 'utf8');
  }

  /** A copy, so that nothing of the buffer's spare room is kept. */
  bytes(): Uint8Array {
    const bytes = allocate(Uint8Array, this.#length, 'keys');
    bytes.set(this.#buffer.subarray(0, this.#length));
    return bytes;
  }

  #reserve(more: number): void {
    const least = this.#length + more;
    if (least <= this.#buffer.length) return;
    const larger = allocate(Uint8Array, Math.max(least, 2 * this.#buffer.length), 'keys');
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = Buffer.from(larger.buffer);
  }
}

/** Enough of a key to know it by. */
function shown(key: string): string {
  return key.length > 40 ? `${key.slice(0, 40)}…` : key;
}
