/** Setting up a clone: what is missing is told before anything is downloaded, and nothing is compiled twice. */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../addon.js';

let clone = '';
const calls = () => {
  const path = join(clone, 'calls');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'voronode-setup-'));
  for (const name of ['package.json', 'package-lock.json', 'native/rooms.txt', 'scripts', 'CMakeLists.txt']) {
    cpSync(join(root, name), join(clone, name), { recursive: true });
  }
  mkdirSync(join(clone, '.bin'));
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** Programs on the PATH: each notes its arguments, then runs the given line of shell. */
function programs(lines: Record<string, string>): void {
  for (const [name, line] of Object.entries(lines)) {
    const text = `#!/bin/sh\necho "${name} $*" >> '${join(clone, 'calls')}'\n${line}\n`;
    writeFileSync(join(clone, '.bin', name), text, { mode: 0o755 });
  }
}

function setup(env: Record<string, string> = {}, script = 'setup.mjs') {
  const { PATH: _, ...others } = process.env;
  return spawnSync(process.execPath, [join(clone, 'scripts', script)], {
    encoding: 'utf8',
    env: { ...others, npm_execpath: '', CXX: '', VORONODE_BINARY: '', PATH: join(clone, '.bin'), ...env },
  });
}

describe.skipIf(process.platform === 'win32')('set-up', () => {
  test('without a compiler says how to get one, before npm is started', () => {
    programs({ npm: 'exit 0' });
    const { status, stdout, stderr } = setup();
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('no C++ compiler was found');
    for (const way of ['apt-get install', 'brew install', 'dnf install', 'apk add']) expect(stderr).toContain(way);
    expect(calls()).toEqual([]);
  });

  test('without CMake and Make says how to get them, before npm is started', () => {
    programs({ npm: 'exit 0', 'g++': 'exit 0' });
    const { status, stderr } = setup();
    expect(status).toBe(1);
    expect(stderr).toContain('CMake (with Ninja or Make) was not found');
    expect(stderr).toContain('winget install Kitware.CMake');
    expect(stderr).toContain('Python 3 with Make will do instead');
    expect(calls()).toEqual([]);
  });

  test('without a network says where the packages come from', () => {
    programs({ cmake: 'exit 0', make: 'exit 0', 'g++': 'exit 0' });
    const npm = process.env.npm_execpath;
    const { status, stderr } = setup({
      npm_execpath: npm?.endsWith('npm-cli.js') ? npm : '',
      PATH: `${join(clone, '.bin')}:${process.env.PATH}`,
      npm_config_registry: 'http://127.0.0.1:9/', // the port of "discard": nobody listens
      npm_config_cache: join(clone, '.cache'),
    });
    expect(status).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).toContain('npm could not install the development packages');
    expect(existsSync(join(clone, 'build'))).toBe(false);
  });

  test.each(['setup.mjs', 'build-native.mjs'])('%s compiles once, also where that fails', (script) => {
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    const cmake = 'case "$1" in -E) echo "{}";; --build) exit 1;; *) echo > CMakeCache.txt; echo > Makefile;; esac';
    programs({ npm: 'exit 0', make: 'exit 0', 'g++': 'exit 0', cmake });
    const { status, stderr } = setup({}, script);
    expect(status).toBe(1);
    expect(stderr).toContain('the addon did not build');
    const cmakes = calls().filter((line) => line.startsWith('cmake'));
    expect(cmakes.filter((line) => line.startsWith('cmake --build')).length, cmakes.join('\n')).toBe(1);
  });

  test.each([
    ['of a clone that was moved', 'CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere', true],
    ['whose configuration failed', 'CMAKE_HOME_DIRECTORY:INTERNAL=@', false],
  ])('a build folder %s is made anew', (_, line, generated) => {
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    programs({ make: 'exit 0', 'g++': 'exit 0', cmake: 'echo > left' });
    mkdirSync(join(clone, 'build'));
    writeFileSync(join(clone, 'build/CMakeCache.txt'), `${line.replace('@', clone)}\n`);
    writeFileSync(join(clone, 'build/old'), '');
    if (generated) writeFileSync(join(clone, 'build/Makefile'), '');
    setup({}, 'build-native.mjs');
    expect(existsSync(join(clone, 'build/old'))).toBe(false);
  });
});
