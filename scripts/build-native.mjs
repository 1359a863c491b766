// Builds the addon into build/Release: `npm run build:native`, in a clone or in an installed package. Needs CMake, a C++20
// compiler, and nothing from the network: a packed package brings the Node-API headers (scripts/pack-headers.mjs), a clone
// has them among its development packages. In the package, the loader prefers what is built here to the prebuilt binary.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail, find, root, run } from './run.mjs';
import { BUILD_FAILED, builder, buildWithCmakeJs } from './toolchain.mjs';

builder({ gyp: false });
if (existsSync(join(root, 'node_modules/cmake-js'))) {
  if (!buildWithCmakeJs()) fail(BUILD_FAILED);
} else {
  const build = join(root, 'build');
  const generator = find('ninja') ? ['-G', 'Ninja'] : [];
  run('cmake', ['-S', root, '-B', build, ...generator]);
  run('cmake', ['--build', build, '--config', 'Release', '--parallel', String(availableParallelism())]);
}
console.log(`voronode: built ${join(root, 'build/Release/voronode.node')}`);
