// Before and after `npm pack` (prepack, postpack): sees that there is something to pack, and adds what only the package has,
// headers/ and sbom.cdx.json.
//
//   node scripts/pack/prepare.mjs [--remove]
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TARGETS } from '../prebuild/targets.mjs';
import { fail, root } from '../run.mjs';
import { addHeaders } from './headers.mjs';
import { writeSbom } from './sbom.mjs';

const HEADERS = join(root, 'headers');
const SBOM = join(root, 'sbom.cdx.json');

const NO_BINARY = `there is no binary in prebuilds/, and a package without one works for nobody.
  npm run pack:local   packs the addon of this machine, for its platform only
  npm run prebuild     makes the binaries of all platforms (on Linux x64), for npm pack`;

/** Ends the script where set-up has not run. */
export function requireSetup() {
  const needed = ['dist/index.js', 'node_modules/node-addon-api', 'node_modules/node-api-headers'];
  const missing = needed.filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) fail(`${missing.join(', ')}: not there; run "npm run setup" before packing`);
}

/** A package for some platforms may be packed, on purpose; it must not be published. */
function requireBinaries() {
  const targets = Object.keys(TARGETS);
  const missing = targets.filter((name) => !existsSync(join(root, 'prebuilds', name, 'voronode.node')));
  if (missing.length === targets.length) fail(NO_BINARY);
  requireVersion();
  if (missing.length === 0) return;
  const what = `prebuilds/ has no binary for ${missing.join(', ')}`;
  if (process.env.npm_command === 'publish') fail(`${what}; run "npm run prebuild" before publishing`);
  console.error(`voronode: ${what}: the package is for the other platforms only`);
}

/** Binaries of an older version may lie there still. */
function requireVersion() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const path = join(root, 'prebuilds/manifest.json');
  const manifest = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const old = Object.keys(manifest).filter((name) => manifest[name].version !== version);
  if (old.length > 0) fail(`the binaries for ${old.join(', ')} are not of version ${version}; run "npm run prebuild"`);
}

function remove() {
  rmSync(HEADERS, { recursive: true, force: true });
  rmSync(SBOM, { force: true });
}

if (process.argv[1] === import.meta.filename) {
  remove();
  if (process.argv[2] !== '--remove') {
    requireSetup();
    requireBinaries();
    addHeaders(HEADERS);
    writeSbom(SBOM, true);
  }
}
