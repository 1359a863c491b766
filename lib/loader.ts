/**
 * Finds the addon and loads it: the only file that does.
 *
 * Looked for, in this order:
 * 1. the file that the environment variable VORONODE_BINARY names, and then nowhere else;
 * 2. build/Release. The package does not bring it: who has it built it from source and means it, in a clone or because the
 *    prebuilt binary does not serve the machine. So a clone never runs an old prebuilt binary unawares;
 * 3. prebuilds: the package's binary for this platform.
 *
 * lib/ (which tests load) and dist/ lie equally deep in the package, so that the same relative paths serve both.
 */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { codedError } from './errors.js';
import { libcVersion, usesMusl } from './libc.js';
import { permission } from './permission.js';

type Outcome = { addon: unknown } | { error: Error };

/** Loads the addon, or throws an error with code ERR_VORONODE_UNSUPPORTED that tells what was tried and what to do. */
export function load(): unknown {
  const tried: [path: string, error: Error][] = [];
  for (const [path, open] of places()) {
    const outcome = open();
    if ('addon' in outcome) return outcome.addon;
    // The addon is there and loads, but VORONODE_SIMD or VORONODE_THREADS is wrong.
    if (codeOf(outcome.error) === 'ERR_INVALID_ARG_VALUE') throw outcome.error;
    tried.push([path, outcome.error]);
  }
  throw unsupported(tried);
}

/** Where to look, and how to open each. */
function places(): [path: string, open: () => Outcome][] {
  const named = process.env.VORONODE_BINARY;
  if (named) return [[resolve(named), () => openFile(resolve(named))]];
  const built = join(packageFolder(), 'build', 'Release', 'voronode.node');
  const name = target();
  const prebuilt = join(packageFolder(), 'prebuilds', name, 'voronode.node');
  return [
    [built, () => openFile(built)],
    [prebuilt, () => openPrebuilt(name)],
  ];
}

function openFile(path: string): Outcome {
  try {
    // Asked first, as a failing require takes longer than all else here; most have nothing in build/Release.
    if (!existsSync(path)) throw Object.assign(new Error(`Cannot find ${path}`), { code: 'MODULE_NOT_FOUND' });
    const { createRequire } = process.getBuiltinModule('node:module'); // likewise not loaded for most
    return { addon: createRequire(path)(path) };
  } catch (error) {
    return { error: error as Error };
  }
}

/**
 * Bundlers find the binaries by the literal paths; that the calls stand in `try` tells them that some may be missing, as
 * they are in a clone.
 */
function openPrebuilt(name: string): Outcome {
  try {
    switch (name) {
      case 'linux-x64':
        return { addon: require('../prebuilds/linux-x64/voronode.node') };
      case 'linux-x64-musl':
        return { addon: require('../prebuilds/linux-x64-musl/voronode.node') };
      case 'linux-arm64':
        return { addon: require('../prebuilds/linux-arm64/voronode.node') };
      case 'linux-arm64-musl':
        return { addon: require('../prebuilds/linux-arm64-musl/voronode.node') };
      case 'win32-x64':
        return { addon: require('../prebuilds/win32-x64/voronode.node') };
      case 'win32-arm64':
        return { addon: require('../prebuilds/win32-arm64/voronode.node') };
      case 'darwin-arm64':
        return { addon: require('../prebuilds/darwin-arm64/voronode.node') };
      case 'darwin-x64':
        return { addon: require('../prebuilds/darwin-x64/voronode.node') };
      default:
        return { error: new Error(`voronode has no prebuilt binary for ${name}`) };
    }
  } catch (error) {
    return { error: error as Error };
  }
}

/** The folder in prebuilds/ for this process: 'linux-x64-musl'. */
function target(): string {
  return [process.platform, process.arch, ...(usesMusl() ? ['musl'] : [])].join('-');
}

function unsupported(tried: [path: string, error: Error][]): Error {
  const library = libcVersion();
  const platform = `${process.platform}-${process.arch}${library && ` (${library})`}`;
  const message = [
    `The native part of voronode could not be loaded on ${platform}. Tried:`,
    ...tried.map(([path, error]) => `  ${path}: ${reason(error)}`),
    forbidden(tried) ?? advice(),
  ].join('\n');
  // What is more telling than that a file is not there, if anything is.
  const [, cause] = tried.find(([, error]) => !isMissing(error)) ?? tried.at(-1)!;
  return codedError(Error, 'ERR_VORONODE_UNSUPPORTED', message, { cause });
}

/** What to do where Node itself forbids it, whatever lies in the files. */
function forbidden(tried: [path: string, error: Error][]): string | undefined {
  if (tried.some(([, error]) => codeOf(error) === 'ERR_DLOPEN_DISABLED')) {
    const options = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
    if (permission !== undefined && !options.includes('--no-addons'))
      return "Node's permission model forbids native addons, and voronode is one: start Node with --allow-addons, too.";
    return 'Node was started with --no-addons (also look in NODE_OPTIONS). voronode is a native addon: leave that option out.';
  }
  const unreadable = tried.find(([path]) => permission !== undefined && !permission.has('fs.read', path));
  if (unreadable === undefined) return undefined;
  const folder = process.env.VORONODE_BINARY ? dirname(unreadable[0]) : packageFolder();
  const option = `--allow-fs-read=${JSON.stringify(join(folder, '*'))}`;
  return `Node's permission model forbids reading it: start Node with ${option}, too.`;
}

function advice(): string {
  const folder = packageFolder();
  if (process.env.VORONODE_BINARY)
    return 'The environment variable VORONODE_BINARY names this file. Correct or unset it.';
  if (!existsSync(join(folder, 'native'))) {
    // Bundled: what lies around this file is not the package.
    return 'Leave voronode out of the bundle ("external"), or let the bundler copy .node files.';
  }
  const command = `npm --prefix ${JSON.stringify(folder)} run build:native`;
  return `To build it from source, with CMake and a C++20 compiler:\n  ${command}`;
}

const packageFolder = (): string => join(__dirname, '..');
const codeOf = (error: Error): unknown => (error as { code?: unknown }).code;
const isMissing = (error: Error): boolean => codeOf(error) === 'MODULE_NOT_FOUND';
const reason = (error: Error): string => (isMissing(error) ? 'not there' : error.message.split('\n', 1)[0]!);
