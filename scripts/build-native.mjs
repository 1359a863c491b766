// Builds the addon into build/Release: `npm run build:native`, in a clone or in an installed package. Needs CMake, a C++20
// compiler, and nothing from the network: a packed package brings the Node-API headers (scripts/pack-headers.mjs), a clone
// has them among its development packages. In the package, the loader prefers what is built here to the prebuilt binary.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail, find, root, run, tool } from './run.mjs';

const CMAKE_JS = 'cmake-js/bin/cmake-js';
const jobs = String(availableParallelism());

if (!find('cmake')) fail('CMake 3.19 or newer and a C++20 compiler are needed to build the addon; cmake was not found');
if (existsSync(join(root, 'node_modules', CMAKE_JS))) {
  if (!tool(CMAKE_JS, 'compile', '--parallel', jobs)) fail('the addon did not build; the output above says why');
} else {
  const build = join(root, 'build');
  const generator = find('ninja') ? ['-G', 'Ninja'] : [];
  run('cmake', ['-S', root, '-B', build, ...generator]);
  run('cmake', ['--build', build, '--config', 'Release', '--parallel', jobs]);
}
console.log(`voronode: built ${join(root, 'build/Release/voronode.node')}`);
