// What a dynamic library of macOS shows its loader: load commands and symbol table (Apple's mach-o/loader.h and nlist.h).
// 64-bit little-endian files of one architecture only.
import { cString } from './elf.mjs';

const LC = { SYMTAB: 0x2, LOAD_DYLIB: 0xc, CODE_SIGNATURE: 0x1d, VERSION_MIN_MACOSX: 0x24, BUILD_VERSION: 0x32 };
const [N_STAB, N_PEXT, N_TYPE, N_EXT] = [0xe0, 0x10, 0x0e, 0x01];

/** @returns {{ exports: string[], libraries: string[], macos: number[], signed: boolean, stripped: boolean }} */
export function readMachO(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at) => view.getUint32(at, true);
  if (u32(0) !== 0xfeedfacf) throw new Error('not a 64-bit little-endian Mach-O file');

  const found = { exports: [], libraries: [], macos: [0, 0], signed: false, stripped: true };
  let at = 32;
  for (let i = 0; i < u32(16); ++i) {
    const command = u32(at) & 0x7fffffff; // less the flag that old loaders must know it
    if (command === LC.LOAD_DYLIB) found.libraries.push(cString(bytes, at + u32(at + 8)));
    if (command === LC.CODE_SIGNATURE) found.signed = true;
    if (command === LC.BUILD_VERSION) found.macos = version(u32(at + 12));
    if (command === LC.VERSION_MIN_MACOSX) found.macos = version(u32(at + 8));
    if (command === LC.SYMTAB) readSymbols(u32(at + 8), u32(at + 12), u32(at + 16));
    at += u32(at + 4);
  }
  return found;

  function readSymbols(table, count, strings) {
    for (let i = 0; i < count; ++i) {
      const symbol = table + i * 16;
      const type = bytes[symbol + 4];
      const defined = (type & N_TYPE) !== 0;
      if ((type & N_STAB) !== 0 || (defined && (type & N_EXT) === 0)) found.stripped = false;
      if ((type & N_STAB) === 0 && defined && (type & N_EXT) !== 0 && (type & N_PEXT) === 0) {
        found.exports.push(cString(bytes, strings + u32(symbol)).replace(/^_/, ''));
      }
    }
  }
}

const version = (packed) => [packed >>> 16, (packed >>> 8) & 255];
