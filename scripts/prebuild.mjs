// Builds the package's binaries, checks them, and lists them in prebuilds/manifest.json: `npm run prebuild [-- target…]`.
// Without names, all targets; see prebuild/targets.mjs. Runs on Linux x64 (prebuild/zig.mjs).
//
// No script of package.json may be called `build`: npm would run this one before it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBinary } from './prebuild/check.mjs';
import { keepOurExports } from './prebuild/exports.mjs';
import { TARGETS } from './prebuild/targets.mjs';
import { build, COMPILER, installZig } from './prebuild/zig.mjs';
import { fail, root } from './run.mjs';

const MANIFEST = join(root, 'prebuilds/manifest.json');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The commit that is checked out, '-dirty' behind it if what the addon is made from differs from it. */
function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', 'native', 'CMakeLists.txt', 'scripts/prebuild');
  return git('rev-parse', 'HEAD') + (changed ? '-dirty' : '');
}

function prebuild(zig, name) {
  const built = build(zig, name, TARGETS[name]);
  const bytes = readFileSync(built);
  keepOurExports(TARGETS[name], bytes);
  const { errors, facts } = checkBinary(TARGETS[name], bytes);
  if (errors.length > 0) fail(`${name}: the binary ${errors.join('; ')}`);
  const file = `${name}/voronode.node`;
  mkdirSync(join(root, 'prebuilds', name), { recursive: true });
  writeFileSync(join(root, 'prebuilds', file), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file, version, commit: commit(), compiler: COMPILER, size: bytes.length, sha256, ...facts };
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(TARGETS);
const unknown = names.filter((name) => !(name in TARGETS));
if (unknown.length > 0) fail(`unknown: ${unknown.join(', ')}. The targets are ${Object.keys(TARGETS).join(', ')}`);
const zig = installZig();
for (const name of names) {
  const entry = prebuild(zig, name);
  // Written after each, so that one that fails costs the others nothing.
  const manifest = existsSync(MANIFEST) ? JSON.parse(readFileSync(MANIFEST, 'utf8')) : {};
  writeFileSync(MANIFEST, `${JSON.stringify({ ...manifest, [name]: entry }, null, 2)}\n`);
  console.log(`voronode: prebuilds/${entry.file}, ${Math.round(entry.size / 1024)} KiB`);
}
