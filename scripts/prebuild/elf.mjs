// What a shared library of Linux shows its loader, read from its dynamic section (System V ABI, chapter 5; the layout of
// version needs: glibc's elf.h). 64-bit little-endian files only.

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT = {
  NEEDED: 1,
  STRTAB: 5,
  SYMTAB: 6,
  HASH: 4,
  GNU_HASH: 0x6ffffef5,
  VERNEED: 0x6ffffffe,
  VERNEEDNUM: 0x6fffffff,
};

const PROCESSORS = new Map([
  [62, 'x86_64'],
  [183, 'aarch64'],
]);

/** @returns {{ processor?: string, exports: string[], libraries: string[], versions: string[], stripped: boolean }} */
export function readElf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (at) => view.getUint16(at, true);
  const u32 = (at) => view.getUint32(at, true);
  const u64 = (at) => Number(view.getBigUint64(at, true));
  if (u32(0) !== 0x464c457f || bytes[4] !== 2 || bytes[5] !== 1) throw new Error('not a 64-bit little-endian ELF file');

  const segments = Array.from({ length: u16(56) }, (_, i) => {
    const at = u64(32) + i * u16(54);
    return { type: u32(at), offset: u64(at + 8), address: u64(at + 16), size: u64(at + 32) };
  });
  const fileOffset = (address) => {
    const { offset, address: start } = segments.find(
      (s) => s.type === PT_LOAD && s.address <= address && address < s.address + s.size,
    );
    return offset + address - start;
  };

  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const entries = Array.from({ length: dynamic.size / 16 }, (_, i) => {
    const at = dynamic.offset + i * 16;
    return [u64(at), u64(at + 8)];
  });
  const value = (tag) => entries.find(([t]) => t === tag)?.[1];
  const strings = fileOffset(value(DT.STRTAB));
  const text = (offset) => cString(bytes, strings + offset);

  const symbols = fileOffset(value(DT.SYMTAB));
  const exports = [];
  for (let i = 1; i < symbolCount(); ++i) {
    const at = symbols + i * 24;
    const defined = u16(at + 6) !== 0;
    if (defined && bytes[at + 4] >> 4 !== 0) exports.push(text(u32(at)));
  }
  return {
    processor: PROCESSORS.get(u16(18)),
    exports,
    libraries: entries.filter(([tag]) => tag === DT.NEEDED).map(([, name]) => text(name)),
    versions: versionNeeds(),
    stripped: sectionTypes().every((type) => type !== 2), // SHT_SYMTAB
  };

  /** The hash table knows how many symbols there are; the sections need not be there. */
  function symbolCount() {
    if (value(DT.HASH) !== undefined) return u32(fileOffset(value(DT.HASH)) + 4);
    const at = fileOffset(value(DT.GNU_HASH));
    const [buckets, first, bloom] = [u32(at), u32(at + 4), u32(at + 8)];
    const table = at + 16 + bloom * 8;
    let last = Math.max(...Array.from({ length: buckets }, (_, i) => u32(table + i * 4)));
    if (last < first) return first;
    while ((u32(table + buckets * 4 + (last - first) * 4) & 1) === 0) ++last;
    return last + 1;
  }

  function versionNeeds() {
    const names = [];
    let need = value(DT.VERNEED) === undefined ? 0 : fileOffset(value(DT.VERNEED));
    for (let i = 0; i < (value(DT.VERNEEDNUM) ?? 0); ++i) {
      let aux = need + u32(need + 8);
      for (let j = 0; j < u16(need + 2); ++j) {
        names.push(text(u32(aux + 8)));
        aux += u32(aux + 12);
      }
      need += u32(need + 12);
    }
    return names;
  }

  function sectionTypes() {
    return Array.from({ length: u16(60) }, (_, i) => u32(u64(40) + i * u16(58) + 4));
  }
}

export function cString(bytes, at) {
  return Buffer.from(bytes.subarray(at, bytes.indexOf(0, at))).toString('latin1');
}
