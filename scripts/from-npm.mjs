// Programs that a check needs and the project does not depend on: other versions of Node, bundlers, package managers. Each is
// installed from npm under .cache/ on first use, without running install scripts.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, succeeds } from './run.mjs';

/**
 * Where the packages are: a folder with their node_modules.
 * @param {string} name of the folder below .cache/
 * @param {Record<string, string>} packages name → version
 * @param {string[]} more options of npm: `--force` takes programs of another platform, for an emulator
 * @returns the path, or undefined where npm cannot install them (there may be no network)
 */
export function fromNpm(name, packages, ...more) {
  const folder = join(root, '.cache', name);
  const manifest = join(folder, 'package.json');
  const text = `${JSON.stringify({ private: true, dependencies: packages })}\n`;
  // The manifest is written last: what an interrupted installation left is not taken for whole.
  if (existsSync(manifest) && readFileSync(manifest, 'utf8') === text) return folder;
  mkdirSync(folder, { recursive: true });
  const options = ['--no-save', '--no-package-lock', '--no-fund', '--no-audit', '--ignore-scripts', '--loglevel=error'];
  const wanted = Object.entries(packages).map((pair) => pair.join('@'));
  console.log(`installing ${wanted.join(', ')} from npm into .cache/${name}`);
  const windows = process.platform === 'win32';
  const npm = windows ? ['cmd', '/c', 'npm'] : ['npm'];
  if (!succeeds(npm[0], [...npm.slice(1), 'install', '--prefix', folder, ...options, ...more, ...wanted]))
    return undefined;
  writeFileSync(manifest, text);
  return folder;
}

/** Why there is no Node, Bun or Deno from npm for this machine, or undefined if there is. */
export function noRuntimes() {
  const { platform, arch } = process;
  if (platform === 'linux' && ['x64', 'arm64'].includes(arch)) return undefined;
  return `npm has no package of it for ${platform} ${arch} that the scripts know`;
}

/** The program of a Node of the given major version, or undefined where it cannot be installed. */
export function nodeProgram(version) {
  const name = `node-linux-${process.arch}`;
  const folder = fromNpm(`node-${version}`, { [name]: version });
  return folder && join(folder, 'node_modules', name, 'bin/node');
}
