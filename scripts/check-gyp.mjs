// Builds the addon through node-gyp in build-gyp/, beside the CMake build, and loads it: `npm run build:gyp`.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildWithGyp } from './gyp.mjs';
import { fail, root } from './run.mjs';

// node-gyp always writes to build/ beside binding.gyp: a folder of links gives it one of its own.
const folder = join(root, 'build-gyp');
mkdirSync(folder, { recursive: true });
for (const name of ['binding.gyp', 'package.json', 'native', 'scripts']) {
  rmSync(join(folder, name), { force: true });
  symlinkSync(join(root, name), join(folder, name));
}
// Only that it builds and loads is looked at, and -O3 takes longer than all else here.
if (process.env.CI) process.env.CXXFLAGS = '-O1';
if (!buildWithGyp(folder)) fail('the build through node-gyp failed');

const addon = createRequire(import.meta.url)(join(folder, 'build/Release/voronode.node'));
const index = addon.flat(2, 1, true);
addon.addSync(index, Float32Array.of(0, 0, 3, 4));
const { labels, distances } = addon.searchSync(index, Float32Array.of(3, 3), 2, undefined);
if (labels.join() !== '1,0' || distances.join() !== '1,18')
  fail(`the addon of node-gyp found ${labels} at ${distances}`);
console.log(`build-gyp/build/Release/voronode.node loads and searches (${addon.simdTarget()})`);
