// What a DLL of Windows shows its loader: export, import and delay-load directories (Microsoft's "PE Format"). 64-bit files
// only.
import { cString } from './elf.mjs';

// Directories by their number; of those with an entry for each library its size and where in it the name is.
const EXPORT = 0;
const IMPORT = { index: 1, size: 20, name: 12 };
const DELAY_IMPORT = { index: 13, size: 32, name: 4 };

const PROCESSORS = new Map([
  [0x8664, 'x86_64'],
  [0xaa64, 'aarch64'],
]);

/**
 * @returns {{ processor?: string, exports: string[], libraries: string[], stripped: boolean }} libraries: also those that are
 *   loaded at the first call
 */
export function readPe(bytes) {
  const { u16, u32, header, fileOffset, directory } = open(bytes);
  const text = (address) => cString(bytes, fileOffset(address));
  const exports = exported(bytes).map(({ name }) => text(name));
  const libraries = [];
  for (const { index, size, name } of [IMPORT, DELAY_IMPORT]) {
    for (let at = directory(index); at && u32(at + name) !== 0; at += size) libraries.push(text(u32(at + name)));
  }
  const stripped = u32(header + 12) === 0; // no COFF symbols
  return { processor: PROCESSORS.get(u16(header + 4)), exports, libraries, stripped };
}

/**
 * Takes all names but the given ones from the exports. The unwinder in zig's runtime asks for its own to be exported, and
 * zig has no option against it.
 */
export function keepPeExports(bytes, keep) {
  const { view, u32, fileOffset, directory } = open(bytes);
  const at = directory(EXPORT);
  const [names, ordinals] = [fileOffset(u32(at + 32)), fileOffset(u32(at + 36))];
  let kept = 0;
  for (const { name, ordinal, entry } of exported(bytes)) {
    if (!keep.includes(cString(bytes, fileOffset(name)))) {
      view.setUint32(entry, 0, true);
      continue;
    }
    view.setUint32(names + kept * 4, name, true);
    view.setUint16(ordinals + kept * 2, ordinal, true);
    ++kept;
  }
  view.setUint32(at + 24, kept, true);
}

/** The exports with a name, in the order of names; entry: where the file has the address of each. */
function exported(bytes) {
  const { u16, u32, fileOffset, directory } = open(bytes);
  const at = directory(EXPORT);
  if (!at) return [];
  const [addresses, names, ordinals] = [28, 32, 36].map((field) => fileOffset(u32(at + field)));
  return Array.from({ length: u32(at + 24) }, (_, i) => {
    const ordinal = u16(ordinals + i * 2);
    return { name: u32(names + i * 4), ordinal, entry: addresses + ordinal * 4 };
  });
}

/** Readers of a file: of its numbers, of the place of an address, of the place of a directory (0: it has none). */
function open(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (at) => view.getUint16(at, true);
  const u32 = (at) => view.getUint32(at, true);
  const header = u32(0x3c);
  const optional = header + 24;
  if (u32(header) !== 0x4550 || u16(optional) !== 0x20b) throw new Error('not a 64-bit PE file');

  const sections = Array.from({ length: u16(header + 6) }, (_, i) => {
    const at = optional + u16(header + 20) + i * 40;
    return { address: u32(at + 12), size: Math.max(u32(at + 8), u32(at + 16)), offset: u32(at + 20) };
  });
  const fileOffset = (address) => {
    const { address: start, offset } = sections.find((s) => s.address <= address && address < s.address + s.size);
    return offset + address - start;
  };
  const directory = (index) => {
    const address = u32(optional + 112 + index * 8);
    return address && fileOffset(address);
  };
  return { view, u16, u32, header, fileOffset, directory };
}
