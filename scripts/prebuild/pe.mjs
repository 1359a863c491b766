// What a DLL of Windows shows its loader: export and import directories (Microsoft's "PE Format"). 64-bit files only.
import { cString } from './elf.mjs';

/** @returns {{ exports: string[], libraries: string[], stripped: boolean }} */
export function readPe(bytes) {
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
  const directory = (index) => u32(optional + 112 + index * 8);

  const exports = [];
  if (directory(0) !== 0) {
    const at = fileOffset(directory(0));
    const names = fileOffset(u32(at + 32));
    for (let i = 0; i < u32(at + 24); ++i) exports.push(cString(bytes, fileOffset(u32(names + i * 4))));
  }
  const libraries = [];
  if (directory(1) !== 0) {
    for (let at = fileOffset(directory(1)); u32(at + 12) !== 0; at += 20) {
      libraries.push(cString(bytes, fileOffset(u32(at + 12))));
    }
  }
  return { exports, libraries, stripped: u32(header + 12) === 0 }; // no COFF symbols
}
