// What a dynamic library of macOS shows its loader: load commands, the trie of exported names, the ad-hoc signature (Apple's
// mach-o/loader.h, and cs_blobs.h of its kernel). 64-bit little-endian files of one architecture only.
import { createHash } from 'node:crypto';
import { cString } from './elf.mjs';
import { makeTrie, names } from './macho_trie.mjs';

const LC = {
  LOAD_DYLIB: 0xc,
  CODE_SIGNATURE: 0x1d,
  DYLD_INFO: 0x22,
  VERSION_MIN_MACOSX: 0x24,
  BUILD_VERSION: 0x32,
  EXPORTS_TRIE: 0x33,
};
const PROCESSORS = new Map([
  [0x01000007, 'x86_64'],
  [0x0100000c, 'aarch64'],
]);
const CODE_DIRECTORY = 0xfade0c02;
const SHA256 = 2;

/**
 * @returns {{ processor?: string, exports: string[], libraries: string[], macos: number[], signed: boolean }} signed: and the
 *   signature fits
 */
export function readMachO(bytes) {
  const processor = PROCESSORS.get(bytes.readUInt32LE(4));
  const found = { processor, exports: [], libraries: [], macos: [0, 0], signed: false };
  for (const { command, at, u32 } of commands(bytes)) {
    if (command === LC.LOAD_DYLIB) found.libraries.push(cString(bytes, at + u32(8)));
    if (command === LC.BUILD_VERSION) found.macos = version(u32(12));
    if (command === LC.VERSION_MIN_MACOSX) found.macos = version(u32(8));
  }
  const trie = exportTrie(bytes);
  if (trie) found.exports = [...names(trie)].map(([name]) => name.replace(/^_/, ''));
  const pages = [...signedPages(bytes)];
  found.signed = pages.length > 0 && pages.every(({ hash, slot }) => hash.equals(slot));
  return found;
}

/**
 * Takes all names but the given ones from the exports, and signs anew. zig's linker exports what the objects and its runtime
 * share among each other too, whatever its visibility, and has no option against it.
 */
export function keepMachOExports(bytes, keep) {
  const trie = exportTrie(bytes);
  const kept = [...names(trie)].filter(([name]) => keep.includes(name.replace(/^_/, '')));
  const made = makeTrie(kept);
  // What is left over stays as zeros: no other part of the file moves.
  trie.fill(0).set(made);
  for (const { hash, slot } of signedPages(bytes)) slot.set(hash);
}

/** The load commands; u32(i) reads at byte i of one. */
function* commands(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== 0xfeedfacf) throw new Error('not a 64-bit little-endian Mach-O file');
  let at = 32;
  for (let i = 0; i < view.getUint32(16, true); ++i) {
    const start = at;
    const u32 = (offset) => view.getUint32(start + offset, true);
    yield { command: u32(0) & 0x7fffffff, at, u32 }; // less the flag that old loaders must know it
    at += u32(4);
  }
}

function exportTrie(bytes) {
  for (const { command, u32 } of commands(bytes)) {
    const at = command === LC.DYLD_INFO ? 40 : command === LC.EXPORTS_TRIE ? 8 : 0;
    if (at !== 0) return bytes.subarray(u32(at), u32(at) + u32(at + 4));
  }
  return undefined;
}

/** Each page that the signature covers: the hash it has, and the place for it in the signature, whose numbers are big-endian. */
function* signedPages(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { command, u32 } of commands(bytes)) {
    if (command !== LC.CODE_SIGNATURE) continue;
    const signature = u32(8);
    const blob = (i) => signature + view.getUint32(signature + 16 + i * 8);
    const directories = Array.from({ length: view.getUint32(signature + 8) }, (_, i) => blob(i));
    const at = directories.find((place) => view.getUint32(place) === CODE_DIRECTORY);
    const [size, type, pageBits] = [bytes[at + 36], bytes[at + 37], bytes[at + 39]];
    if (type !== SHA256) throw new Error(`the signature has hashes of the unknown type ${type}`);
    const limit = view.getUint32(at + 32);
    let slot = at + view.getUint32(at + 16);
    for (let page = 0; page < limit; page += 2 ** pageBits, slot += size) {
      const hash = createHash('sha256')
        .update(bytes.subarray(page, Math.min(page + 2 ** pageBits, limit)))
        .digest();
      yield { hash, slot: bytes.subarray(slot, slot + size) };
    }
  }
}

const version = (packed) => [packed >>> 16, (packed >>> 8) & 255];
