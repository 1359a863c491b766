// Builds the addon through node-gyp: what setup.mjs falls back on without CMake.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { tool } from './run.mjs';

/**
 * Builds `<folder>/build/Release/voronode.node`; true on success. The folder holds binding.gyp and what it refers to.
 * Node's headers are taken from beside this Node if they are there, else node-gyp downloads them.
 */
export function buildWithGyp(folder) {
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include/node/common.gypi')) ? [`--nodedir=${prefix}`] : [];
  const jobs = `--jobs=${availableParallelism()}`;
  return ['configure', 'build'].every((step) =>
    tool('node-gyp/bin/node-gyp.js', step, `--directory=${folder}`, '--loglevel=warn', jobs, ...headers),
  );
}
