/** What the scripts read of Windows' and macOS's files, and take out of them, tried on small files that are made here. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../addon.js';

const load = (name: string) => import(join(root, 'scripts/prebuild', name));
const { checkBinary } = await load('check.mjs');
const { EXPORTS, keepOurExports } = await load('exports.mjs');
const { readMachO } = await load('macho.mjs');
const { makeTrie, names } = await load('macho_trie.mjs');
const { readPe } = await load('pe.mjs');
const { TARGETS } = await load('targets.mjs');

/** A file of `size` bytes with the given numbers of 32 bits (little-endian) and texts at the given places. */
function file(size: number, content: [at: number, value: number | string | number[]][]): Buffer {
  const bytes = Buffer.alloc(size);
  for (const [at, value] of content) {
    if (typeof value === 'string') bytes.write(value, at, 'latin1');
    else if (Array.isArray(value)) bytes.set(value, at);
    else bytes.writeUInt32LE(value, at);
  }
  return bytes;
}

/** One section, of addresses from 0x1000 and from byte 0x400 on; `directory` tells the number of the one that names the DLL. */
function pe(library: string, directory: 1 | 13): Buffer {
  const [header, section] = [0x40, 0x40 + 24 + 240];
  const directories = header + 24 + 112;
  const exported = ['_Unwind_Resume', ...EXPORTS, 'unw_step'];
  const text = (i: number) => 0x100 + i * 0x40;
  return file(0x800, [
    [0x3c, header],
    [header, 'PE\0\0'],
    [header + 4, [0x64, 0x86]], // x86-64
    [header + 6, [1, 0]], // sections
    [header + 20, [240, 0]], // size of the optional header
    [header + 24, [0x0b, 0x02]],
    [directories, 0x1000],
    [directories + directory * 8, 0x1000 + 0x300],
    [section + 8, 0x400],
    [section + 12, 0x1000],
    [section + 16, 0x400],
    [section + 20, 0x400],
    // Export directory, four addresses, four names, four ordinals.
    [0x400 + 24, exported.length],
    [0x400 + 28, 0x1040],
    [0x400 + 32, 0x1060],
    [0x400 + 36, 0x1080],
    ...exported.flatMap((name, i): [number, number | string | number[]][] => [
      [0x440 + i * 4, 0xa000 + i],
      [0x460 + i * 4, 0x1000 + text(i)],
      [0x480 + i * 2, [i, 0]],
      [0x400 + text(i), name],
    ]),
    [0x700 + (directory === 1 ? 12 : 4), 0x1000 + 0x3c0],
    [0x7c0, library],
  ]);
}

test.each([1, 13] as const)('a DLL that names node.exe in directory %d is refused', (directory) => {
  const bytes = pe('node.exe', directory);
  keepOurExports(TARGETS['win32-x64'], bytes);
  expect(checkBinary(TARGETS['win32-x64'], bytes).errors).toEqual(['needs the library node.exe']);
});

test('a binary for another processor is refused', () => {
  expect(checkBinary(TARGETS['win32-arm64'], pe('KERNEL32.dll', 1)).errors).toContain('is for x86_64');
  expect(checkBinary(TARGETS['darwin-x64'], machO()).errors).toContain('is for aarch64');
});

test('of the exports of a DLL ours are left, with their addresses', () => {
  const bytes = pe('KERNEL32.dll', 1);
  expect(checkBinary(TARGETS['win32-x64'], bytes).errors.join()).toContain('exports _Unwind_Resume, napi_register');
  keepOurExports(TARGETS['win32-x64'], bytes);
  expect(checkBinary(TARGETS['win32-x64'], bytes)).toEqual({ errors: [], facts: { libraries: ['KERNEL32.dll'] } });
  expect(readPe(bytes).exports).toEqual(EXPORTS);
  // The ordinals are still those of the addresses; nothing is behind the others.
  expect([bytes.readUInt16LE(0x480), bytes.readUInt16LE(0x482)]).toEqual([1, 2]);
  expect([0, 1, 2, 3].map((i) => bytes.readUInt32LE(0x440 + i * 4))).toEqual([0, 0xa001, 0xa002, 0]);
});

test('a trie says the names that were put into it', () => {
  const entries = ['_napi_a', '_napi_bc', '_node'].map((name, i) => [name, Buffer.from([0, i])]);
  expect([...names(Buffer.from(makeTrie(entries)))].toSorted()).toEqual(entries);
  expect(() => makeTrie([['x'.repeat(200), Buffer.from([0, 1])]])).toThrow('more than one byte');
});

/** Two pages: commands and trie, then the signature with a hash for the first. */
function machO(): Buffer {
  const exported = ['__Znwm', ...EXPORTS.map((name: string) => `_${name}`)];
  const trie = makeTrie(exported.map((name, i) => [name, Buffer.from([0, 0x10 + i])]));
  const directory = 4096 + 20;
  const bytes = file(8192, [
    [0, 0xfeedfacf],
    [4, 0x0100000c], // arm64
    [16, 3],
    [32, 0x80000022],
    [36, 48],
    [32 + 40, 0x200],
    [32 + 44, trie.length],
    [80, 0x32],
    [84, 24],
    [80 + 12, 11 << 16],
    [104, 0x1d],
    [108, 16],
    [104 + 8, 4096],
    [0x200, trie],
    [4096 + 8, [0, 0, 0, 1]], // one blob, at 20
    [4096 + 16, [0, 0, 0, 20]],
    [directory, [0xfa, 0xde, 0x0c, 0x02]],
    [directory + 16, [0, 0, 0, 44]], // where hashes are
    [directory + 32, [0, 0, 0x10, 0]], // bytes that are signed
    [directory + 36, [32, 2, 0, 12]], // size of a hash, SHA-256, 2^12 bytes a page
  ]);
  bytes.set(createHash('sha256').update(bytes.subarray(0, 4096)).digest(), directory + 44);
  return bytes;
}

test('of the exports of a library of macOS ours are left, and its signature fits', () => {
  const bytes = machO();
  expect(readMachO(bytes)).toMatchObject({ signed: true, macos: [11, 0] });
  expect(checkBinary(TARGETS['darwin-arm64'], bytes).errors.join()).toContain('exports _Znwm, napi_register');
  keepOurExports(TARGETS['darwin-arm64'], bytes);
  expect(checkBinary(TARGETS['darwin-arm64'], bytes).errors).toEqual([]);
  expect([...names(bytes.subarray(0x200))].map(([, value]) => [...value])).toEqual([
    [0, 0x11],
    [0, 0x12],
  ]);
  bytes[0x300] = 1;
  expect(checkBinary(TARGETS['darwin-arm64'], bytes).errors.join()).toContain('no signature that fits');
});
