/** Keys out of the addon: packed as they go in (pack.ts), and made into strings when somebody asks. */

import { invalidValue } from '../errors.js';

/** In the place of a length: there is no neighbour here. */
const PADDING = 65_537;

/** Where each of n keys begins, with its length; and where the last one ends. */
const places = new WeakMap<Uint8Array, Places>();

type Places = Uint32Array | Float64Array;

/** A length at a place, and where what it is the length of begins. */
interface Length {
  value: number;
  begin: number;
}

function lengthAt(bytes: Uint8Array, at: number): Length {
  let [value, begin] = [0, at];
  for (let shift = 0; shift < 21; shift += 7) {
    const byte = bytes[begin++];
    if (byte === undefined) break;
    value |= (byte & 127) << shift;
    if (byte < 128) return { value, begin };
  }
  throw malformed();
}

const malformed = () => invalidValue("The argument 'packed' must be keys with their lengths, as a search gives them");

/** The place behind the key at `at`. */
function behind(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  let end = at + 1 + first;
  if (first > 127) {
    const { value, begin } = lengthAt(bytes, at);
    end = value === PADDING ? begin : begin + value;
  }
  if (end > bytes.length) throw malformed();
  return end;
}

/** How many keys there are, padding included. */
export function countOf(bytes: Uint8Array): number {
  let n = 0;
  for (let at = 0; at < bytes.length; n++) at = behind(bytes, at);
  return n;
}

function placesOf(bytes: Uint8Array, n: number): Places {
  const known = places.get(bytes);
  if (known?.length === n + 1) return known;
  const found = new (bytes.length < 2 ** 32 ? Uint32Array : Float64Array)(n + 1);
  for (let i = 0; i < n; i++) {
    const at = found[i] as number;
    if (at >= bytes.length) throw malformed();
    found[i + 1] = behind(bytes, at);
  }
  if (found[n] !== bytes.length) throw malformed();
  places.set(bytes, found);
  return found;
}

/** The keys [begin, end) of n, up to the first that is padding. */
export function keysBetween(bytes: Uint8Array, n: number, begin: number, end: number): string[] {
  const places = placesOf(bytes, n);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const keys: string[] = [];
  for (let i = begin; i < end; i++) {
    const { value, begin: from } = lengthAt(bytes, places[i] as number);
    if (value === PADDING) break;
    keys.push(text.toString('utf8', from, from + value));
  }
  return keys;
}

/** All keys. */
export function unpackKeys(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const keys: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, begin } = lengthAt(bytes, at);
    keys.push(text.toString('utf8', begin, begin + value));
    at = begin + value;
  }
  return keys;
}
