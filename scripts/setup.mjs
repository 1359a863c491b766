// Makes a clone ready: installs the development packages, builds the addon, compiles lib/ to dist/. Each step runs only if
// its result is missing or older than what it is made from. Needs nothing but Node, so that it can be the first to run.
//
//   node scripts/setup.mjs
//
// The addon is built with CMake through cmake-js, or with node-gyp where CMake is missing. With VORONODE_BINARY set, the
// addon is taken from there and not built.
import { utimesSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildWithGyp } from './gyp.mjs';
import { fail, find, newest, npm, root, run, tool } from './run.mjs';
import { rooms } from './sources.mjs';

const ADDON = 'build/Release/voronode.node';
const BUILD_LIB = 'scripts/build-lib.mjs';
const windows = process.platform === 'win32';

const NO_COMPILER = `no C++ compiler was found. Install one and run this again:
  Debian, Ubuntu   apt-get install g++ make cmake
  Fedora, RHEL     dnf install gcc-c++ make cmake
  Alpine           apk add g++ make cmake
  macOS            xcode-select --install; brew install cmake
A compiler under another name is taken from the environment variable CXX.`;

const NO_BUILDER = `neither CMake (with Ninja or Make) nor what node-gyp needs instead (Python 3 and Make) was found.
Install one and run this again:
  Debian, Ubuntu   apt-get install cmake make     (or: python3 make)
  Fedora, RHEL     dnf install cmake make         (or: python3 make)
  Alpine           apk add cmake make             (or: python3 make)
  macOS            brew install cmake
  Windows          winget install Kitware.CMake`;

const BUILD_FAILED = `the addon did not build; the output above says why.
It needs a C++20 compiler: g++ 11, clang 14, Xcode 14, Visual Studio 2022 ("Desktop development with C++"), or newer.`;

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 17)) fail(`Node 20.17 or newer is needed; this is ${process.version}`);
}

function installPackages() {
  if (newest('node_modules/.package-lock.json') >= newest('package-lock.json')) return;
  console.log('voronode: installing the development packages (npm ci)');
  npm('ci', '--no-fund', '--no-audit');
}

function buildAddon() {
  if (process.env.VORONODE_BINARY) return;
  const inputs = [...rooms.map((room) => `native/${room}`), 'native/rooms.txt', 'CMakeLists.txt', 'binding.gyp'];
  if (newest(ADDON) >= newest(...inputs)) return;

  // On Windows cmake-js and node-gyp look for Visual Studio themselves, and name it when it is missing.
  if (!windows && !find((process.env.CXX || 'c++').split(' ')[0], 'g++', 'clang++')) fail(NO_COMPILER);
  const withCmake = find('cmake') && (windows || find('ninja', 'make'));
  if (!withCmake && !windows && !(find('make') && find('python3'))) fail(NO_BUILDER);
  console.log(`voronode: building the addon with ${withCmake ? 'CMake' : 'node-gyp, as CMake was not found'}`);

  const jobs = String(availableParallelism());
  const built = withCmake ? tool('cmake-js/bin/cmake-js', 'compile', '--parallel', jobs) : buildWithGyp(root);
  if (!built) fail(BUILD_FAILED);
  // A build that found nothing to do (a file was touched, not changed) leaves the old time.
  utimesSync(join(root, ADDON), new Date(), new Date());
}

function compileLib() {
  if (newest('dist/index.js') >= newest('lib', 'tsconfig.json', 'package-lock.json', BUILD_LIB)) return;
  console.log('voronode: compiling lib/ to dist/');
  run(process.execPath, [BUILD_LIB]);
}

checkNode();
installPackages();
buildAddon();
compileLib();
