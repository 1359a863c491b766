// Makes a clone ready: installs the development packages, builds the addon, compiles lib/ to dist/. Each step runs only if
// its result is missing or older than what it is made from. Needs nothing but Node, so that it can be the first to run.
//
//   node scripts/setup.mjs
//
// The addon is built with CMake through cmake-js, or with node-gyp where CMake is missing. With VORONODE_BINARY set, the
// addon is taken from there and not built.
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { buildWithGyp } from './gyp.mjs';
import { fail, newest, npmSucceeds, root, run } from './run.mjs';
import { rooms } from './sources.mjs';
import { BUILD_FAILED, builder, buildWithCmakeJs } from './toolchain.mjs';

const ADDON = 'build/Release/voronode.node';
const BUILD_LIB = 'scripts/build-lib.mjs';

const NOT_INSTALLED = `npm could not install the development packages; the output above says why.
They come from the npm registry (npm config get registry) or from npm's cache (npm config get cache). Without a network, copy
the cache of a machine where "npm ci" has run, and run this again.`;

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 17)) fail(`Node 20.17 or newer is needed; this is ${process.version}`);
}

/** Whether the addon must be built, and with what: asked first, so that a missing compiler is told before the download. */
function plan() {
  if (process.env.VORONODE_BINARY) return undefined;
  const inputs = [...rooms.map((room) => `native/${room}`), 'native/rooms.txt', 'CMakeLists.txt', 'binding.gyp'];
  return newest(ADDON) >= newest(...inputs) ? undefined : builder({ gyp: true });
}

function installPackages() {
  if (newest('node_modules/.package-lock.json') >= newest('package-lock.json')) return;
  console.log('voronode: installing the development packages (npm ci)');
  // npm would try for minutes where there is no network.
  const retries = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  if (!npmSucceeds('ci', '--no-fund', '--no-audit', '--prefer-offline', ...retries)) fail(NOT_INSTALLED);
}

function buildAddon(tool) {
  if (tool === undefined) return;
  console.log(`voronode: building the addon with ${tool === 'cmake' ? 'CMake' : 'node-gyp, as CMake was not found'}`);
  if (!(tool === 'cmake' ? buildWithCmakeJs() : buildWithGyp(root))) fail(BUILD_FAILED);
  // A build that found nothing to do (a file was touched, not changed) leaves the old time.
  utimesSync(join(root, ADDON), new Date(), new Date());
}

function compileLib() {
  if (newest('dist/index.js') >= newest('lib', 'tsconfig.json', 'package-lock.json', BUILD_LIB)) return;
  console.log('voronode: compiling lib/ to dist/');
  run(process.execPath, [BUILD_LIB]);
}

checkNode();
const tool = plan();
installPackages();
buildAddon(tool);
compileLib();
