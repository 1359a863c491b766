// The tarball under test: the one that was given, the work tree's with all of prebuilds/, or for a quick look the work tree's
// with the addon at hand in place of them.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packLocal } from '../pack/local.mjs';
import { TARGETS, thisTarget } from '../prebuild/targets.mjs';
import { fail, root } from '../run.mjs';
import { makeProject } from './project.mjs';

export const targets = Object.keys(TARGETS);

/** @param {string} folder for what is made; @returns the path of the tarball */
export async function findTarball(given, quick, folder) {
  if (given !== undefined) {
    const path = resolve(given);
    if (!existsSync(path)) fail(`there is no ${path}`);
    return path;
  }
  if (quick) return packLocal(folder);
  if (!existsSync(join(root, 'prebuilds', thisTarget(), 'voronode.node'))) {
    fail(`prebuilds/${thisTarget()} is missing; run "npm run prebuild", or use --quick to try the addon of build/`);
  }
  const packer = makeProject(join(folder, 'packer'));
  const into = join(packer.folder, 'whole');
  mkdirSync(into);
  // The scripts that belong to packing need this process's PATH.
  await packer.npmWith({ PATH: process.env.PATH }, 'pack', root, '--pack-destination', into);
  return join(into, readdirSync(into)[0]);
}
