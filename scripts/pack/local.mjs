// Packs the addon that was built for this machine: `npm run pack:local`, which sets up first. The package is for this
// platform alone, and asks for the C and C++ libraries that the machine has, or newer ones.
//
//   node scripts/pack/local.mjs [folder]     where to put it, instead of the root
//
// What would be packed is copied to another folder, so that prebuilds/ keeps what is there.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { thisTarget } from '../prebuild/targets.mjs';
import { fail, npmCommand, root } from '../run.mjs';
import { addHeaders } from './headers.mjs';
import { requireSetup } from './prepare.mjs';
import { writeSbom } from './sbom.mjs';

const ADDON = 'build/Release/voronode.node';

/** @returns {object} what npm says of a package: `files`, `filename` */
function pack(cwd, ...options) {
  const [command, ...args] = npmCommand('pack', '--json', '--ignore-scripts', ...options);
  return JSON.parse(execFileSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 }))[0];
}

/** Packs into a folder; returns the tarball's path. */
export function packLocal(folder) {
  requireSetup();
  if (!existsSync(join(root, ADDON))) fail(`${ADDON} is missing; run "npm run setup"`);
  const stage = mkdtempSync(join(tmpdir(), 'voronode-pack-'));
  const copy = (from, to) => {
    mkdirSync(dirname(join(stage, to)), { recursive: true });
    copyFileSync(join(root, from), join(stage, to));
  };
  try {
    const paths = pack(root, '--dry-run').files.map(({ path }) => path);
    for (const path of paths.filter((each) => !each.startsWith('prebuilds/'))) copy(path, path);
    copy(ADDON, `prebuilds/${thisTarget()}/voronode.node`);
    addHeaders(join(stage, 'headers'));
    writeSbom(join(stage, 'sbom.cdx.json'), false);
    return join(folder, pack(stage, '--pack-destination', folder).filename);
  } finally {
    rmSync(stage, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const path = packLocal(resolve(process.argv[2] ?? root));
  console.log(`voronode: ${path}, for ${thisTarget()} only`);
}
