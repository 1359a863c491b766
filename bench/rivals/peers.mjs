// Rivals from npm, installed on demand into a cache folder: they are no dependencies of the package, and one of them
// compiles C++ when it is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '../data.mjs';

/** The newest usearch whose package names Node 20 among those it runs on; the newest hnswlib-node. */
const versions = { usearch: '2.25.3', 'hnswlib-node': '3.0.0' };

/** @returns the loaded package and its version; throws with the reason if it cannot be had */
export function peer(name) {
  const folder = cacheFolder('bench-peers');
  const manifest = join(folder, 'package.json');
  const wanted = {
    private: true,
    dependencies: versions,
    allowScripts: Object.fromEntries(Object.keys(versions).map((each) => [each, true])), // npm 12 asks for it
  };
  const text = JSON.stringify(wanted);
  const stale = !existsSync(manifest) || readFileSync(manifest, 'utf8') !== text;
  if (stale || !existsSync(join(folder, 'node_modules', name))) {
    console.error(
      `bench: installing ${Object.entries(versions)
        .map((pair) => pair.join('@'))
        .join(', ')}`,
    );
    writeFileSync(manifest, text);
    install(folder);
  }
  return { library: createRequire(manifest)(name), version: versions[name] };
}

/** Where the package lies, for a process that loads it itself; `peer` has installed it. */
export const peerPath = (name) => join(cacheFolder('bench-peers'), 'node_modules', name);

function install(folder) {
  const windows = process.platform === 'win32';
  const args = ['install', '--prefix', folder, '--no-save', '--no-fund', '--no-audit', '--loglevel=error'];
  // hnswlib chooses its instructions when it is compiled: for this machine, to be fair.
  const flags = process.arch === 'x64' && !windows ? { CXXFLAGS: '-O3 -march=native' } : {};
  const env = { ...process.env, ...flags };
  const { status } = spawnSync(windows ? 'cmd' : 'npm', [...(windows ? ['/c', 'npm'] : []), ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('npm could not install it');
}
