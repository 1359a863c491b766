// musl on a machine of glibc: Bun for musl, on musl of Debian's package, with Debian's libstdc++ and libgcc in place of those of
// a musl system. What these take from glibc comes from musl_shim.c.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromNpm } from '../from-npm.mjs';
import { find, root } from '../run.mjs';
import { compileShared } from './zig.mjs';

const BUN = '1.4.5';
const loader = (processor) => `/lib/ld-musl-${processor}.so.1`;

/** On x64, whose musl is installed. */
export function muslX64() {
  if (!existsSync(loader('x86_64'))) return `${loader('x86_64')} of the package musl was not found`;
  const bun = bunFor('x64');
  if (!bun) return 'Bun for musl could not be installed from npm';
  const folder = libraries('x86_64', '/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu');
  const env = { LD_LIBRARY_PATH: folder, LD_PRELOAD: join(folder, 'shim.so') };
  return { name: 'Bun for musl', command: [bun], env };
}

/** On arm64, emulated. No package for this machine has its musl: one for arm64 is unpacked below .cache/. */
export function muslArm64() {
  const gcc = '/usr/aarch64-linux-gnu/lib';
  if (!find('qemu-aarch64')) return 'qemu-aarch64 of the package qemu-user was not found';
  if (!existsSync(join(gcc, 'libstdc++.so.6'))) return `${gcc} of the package libstdc++6-arm64-cross was not found`;
  const system = fromDebian('musl', 'arm64');
  if (!system) return 'musl for arm64 could not be had with apt-get';
  const bun = bunFor('aarch64');
  if (!bun) return 'Bun for musl on arm64 could not be installed from npm';
  const folder = libraries('aarch64', gcc, gcc);
  const env = [`LD_LIBRARY_PATH=${folder}`, `LD_PRELOAD=${join(folder, 'shim.so')}`];
  return { name: 'Bun for musl, QEMU', command: ['qemu-aarch64', '-L', system, ...env.flatMap((e) => ['-E', e]), bun] };
}

function bunFor(processor) {
  const name = `@oven/bun-linux-${processor}-musl`;
  const folder = fromNpm(`bun-musl-${processor}`, { [name]: BUN }, '--force');
  return folder && join(folder, 'node_modules', name, 'bin/bun');
}

/** A folder with libstdc++, libgcc and the shim. */
function libraries(processor, libstdcxx, libgcc) {
  const folder = join(root, '.cache/musl-libraries', processor);
  const shim = join(folder, 'shim.so');
  if (!existsSync(shim)) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(libstdcxx, 'libstdc++.so.6'), join(folder, 'libstdc++.so.6'));
    copyFileSync(join(libgcc, 'libgcc_s.so.1'), join(folder, 'libgcc_s.so.1'));
    const source = join(root, 'scripts/prebuild/musl_shim.c');
    compileShared(`${processor}-linux-musl`, source, shim);
    // Debian's libraries for x86-64 ask for glibc's loader by its name.
    copyFileSync(shim, join(folder, 'ld-linux-x86-64.so.2'));
  }
  return folder;
}

/**
 * The files of a Debian package for another architecture, unpacked and not installed; the folder, or undefined. apt-get has
 * lists of its own below .cache/, so that the system stays as it is and one need not be root.
 */
function fromDebian(name, architecture) {
  const folder = join(root, '.cache/debian', architecture);
  const files = join(folder, name);
  if (existsSync(files)) return files;
  if (!find('apt-get') || !find('dpkg-deb')) return undefined;
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  const options = [
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    `Dir::State::Lists=${folder}/lists`,
    `Dir::State::status=${folder}/status`,
    `Dir::Cache=${folder}/cache`,
  ].flatMap((option) => ['-o', option]);
  try {
    const apt = (...args) => execFileSync('apt-get', ['-qq', ...options, ...args], { cwd: folder, stdio: 'inherit' });
    apt('update');
    apt('download', name);
    const archive = readdirSync(folder).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
    execFileSync('dpkg-deb', ['-x', join(folder, archive), files]);
    return files;
  } catch {
    return undefined;
  }
}
