// What building the addon needs besides Node, and what to install where it is missing. No dependencies: it is asked before
// anything is downloaded, and the packed package brings it for a build from source.
import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail, find, root, tool } from './run.mjs';

const windows = process.platform === 'win32';

const NO_COMPILER = `no C++ compiler was found. Install one and run this again:
  Debian, Ubuntu   apt-get install g++ make cmake
  Fedora, RHEL     dnf install gcc-c++ make cmake
  Alpine           apk add g++ make cmake
  macOS            xcode-select --install; brew install cmake
A compiler under another name is taken from the environment variable CXX.`;

const NO_CMAKE = `CMake (with Ninja or Make) was not found. Install it and run this again:
  Debian, Ubuntu   apt-get install cmake make
  Fedora, RHEL     dnf install cmake make
  Alpine           apk add cmake make
  macOS            brew install cmake
  Windows          winget install Kitware.CMake`;

const OR_GYP = '\nIn a clone, Python 3 with Make will do instead (node-gyp).';

export const BUILD_FAILED = `the addon did not build; the output above says why.
It needs a C++20 compiler: g++ 11, clang 14, Xcode 14, Visual Studio 2022 or newer. On Windows:
  winget install Microsoft.VisualStudio.2022.BuildTools --override "--add Microsoft.VisualStudio.Workload.VCTools"`;

/**
 * What the addon can be built with: 'cmake', or 'gyp' where it may be node-gyp and CMake is missing. Ends the script where
 * there is neither, or no compiler. On Windows CMake and node-gyp look for Visual Studio themselves.
 * @param {{ gyp: boolean }} may
 */
export function builder({ gyp }) {
  if (!windows && !find((process.env.CXX || 'c++').split(' ')[0], 'g++', 'clang++')) fail(NO_COMPILER);
  if (find('cmake') && (windows || find('ninja', 'make'))) return 'cmake';
  if (gyp && (windows || (find('make') && find('python3')))) return 'gyp';
  return fail(NO_CMAKE + (gyp ? OR_GYP : ''));
}

/**
 * Builds build/Release/voronode.node of a clone with cmake-js; true on success. Its `build`, as its `compile` begins anew
 * after a failure: the same errors once more, and all that did compile a second time.
 */
export function buildWithCmakeJs() {
  forgetUnusable(join(root, 'build'));
  return tool('cmake-js/bin/cmake-js', 'build', '--parallel', String(availableParallelism()));
}

/** A folder that was made for sources elsewhere (of a clone that was moved or copied), or whose configuration failed. */
function forgetUnusable(build) {
  const cache = join(build, 'CMakeCache.txt');
  if (!existsSync(cache)) return;
  const [, home = ''] = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cache, 'utf8')) ?? [];
  const configured = ['build.ninja', 'Makefile', 'ALL_BUILD.vcxproj'].some((name) => existsSync(join(build, name)));
  if (configured && existsSync(home) && realpathSync(home) === realpathSync(root)) return;
  rmSync(build, { recursive: true });
}
