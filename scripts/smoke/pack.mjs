// The tarball under test: the one that was given, the work tree's with all of prebuilds/, or for a quick look the work tree's
// with the addon at hand in place of them.
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { TARGETS } from '../prebuild/targets.mjs';
import { fail, root } from '../run.mjs';
import { makeProject } from './project.mjs';

export const targets = Object.keys(TARGETS);

/** The target of this process. */
export function thisTarget() {
  const { platform, arch } = process;
  const musl = platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined;
  return `${platform}-${arch}${musl ? '-musl' : ''}`;
}

/** Packs a folder into a new one. The scripts that belong to packing need this process's PATH. */
async function pack(packer, from, name, ...options) {
  const into = join(packer.folder, name);
  mkdirSync(into);
  await packer.npmWith({ PATH: process.env.PATH }, 'pack', from, '--pack-destination', into, ...options);
  return join(into, readdirSync(into)[0]);
}

/** @param {string} folder for what is made; @returns the path of the tarball */
export async function findTarball(given, quick, folder) {
  if (given !== undefined) {
    const path = resolve(given);
    if (!existsSync(path)) fail(`there is no ${path}`);
    return path;
  }
  if (!existsSync(join(root, 'dist/index.js'))) fail('dist/ is missing; run "npm run setup"');
  const packer = makeProject(join(folder, 'packer'));
  if (!quick) {
    const built = existsSync(join(root, 'prebuilds')) ? readdirSync(join(root, 'prebuilds')) : [];
    const missing = targets.filter((target) => !built.includes(target));
    if (missing.includes(thisTarget())) {
      fail(`prebuilds/${thisTarget()} is missing; run "npm run prebuild", or use --quick to try the addon of build/`);
    }
    if (missing.length > 0) console.log(`prebuilds/ lacks ${missing.join(', ')}`);
    return pack(packer, root, 'whole');
  }

  const addon = join(root, 'build/Release/voronode.node');
  if (!existsSync(addon)) fail('build/Release/voronode.node is missing; run "npm run setup"');
  await packer.install(await pack(packer, root, 'whole'));
  const unpacked = join(packer.folder, 'node_modules/voronode');
  const prebuilt = join(unpacked, 'prebuilds', thisTarget(), 'voronode.node');
  rmSync(join(unpacked, 'prebuilds'), { recursive: true, force: true });
  mkdirSync(dirname(prebuilt), { recursive: true });
  copyFileSync(addon, prebuilt);
  return pack(packer, unpacked, 'quick', '--ignore-scripts');
}
