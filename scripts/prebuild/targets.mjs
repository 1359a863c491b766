// The platforms that have a prebuilt binary. The names are the folders in prebuilds/, as lib/loader.ts composes them.

/**
 * zig: the target in zig's words, which hold the floor: the oldest glibc or macOS that serves.
 * system, processor: the same in CMake's words.
 * floor: what the floor is, for tables; the finished binary is checked against `maxGlibc` and `minMacos`.
 * sources: more than the addon's own, where the toolchain lacks something.
 * libraries: all that the binary may ask its loader for.
 */
const linux = { format: 'elf', system: 'Linux' };
const glibc = { ...linux, floor: 'glibc 2.28', maxGlibc: [2, 28], sources: ['scripts/prebuild/glibc_stat.cc'] };
const musl = { ...linux, floor: 'musl 1.2', libraries: ['libc.so'] };
const glibcLibraries = ['libc.so.6', 'libm.so.6', 'libpthread.so.0', 'libdl.so.2', 'librt.so.1'];
const windows = {
  format: 'pe',
  system: 'Windows',
  floor: 'Windows 10',
  libraries: ['kernel32.dll', 'ntdll.dll', 'advapi32.dll', 'msvcrt.dll', /^api-ms-win-crt-.*\.dll$/],
};
const macos = {
  format: 'macho',
  system: 'Darwin',
  floor: 'macOS 11.0',
  minMacos: [11, 0],
  libraries: ['/usr/lib/libSystem.B.dylib'],
};

export const TARGETS = {
  'linux-x64': {
    ...glibc,
    processor: 'x86_64',
    zig: 'x86_64-linux-gnu.2.28',
    libraries: [...glibcLibraries, 'ld-linux-x86-64.so.2'],
  },
  'linux-arm64': {
    ...glibc,
    processor: 'aarch64',
    zig: 'aarch64-linux-gnu.2.28',
    libraries: [...glibcLibraries, 'ld-linux-aarch64.so.1'],
  },
  'linux-x64-musl': { ...musl, processor: 'x86_64', zig: 'x86_64-linux-musl' },
  'linux-arm64-musl': { ...musl, processor: 'aarch64', zig: 'aarch64-linux-musl' },
  'win32-x64': { ...windows, processor: 'x86_64', zig: 'x86_64-windows-gnu' },
  'win32-arm64': { ...windows, processor: 'aarch64', zig: 'aarch64-windows-gnu' },
  'darwin-arm64': { ...macos, processor: 'aarch64', zig: 'aarch64-macos.11.0' },
  'darwin-x64': { ...macos, processor: 'x86_64', zig: 'x86_64-macos.11.0' },
};

/** The target of this process. */
export function thisTarget() {
  const { platform, arch } = process;
  const musl = platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined;
  return `${platform}-${arch}${musl ? '-musl' : ''}`;
}
