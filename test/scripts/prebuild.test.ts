/** What is required of a prebuilt binary, tried on the addon at hand and on that of each target that has been built. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addonPath, root } from '../addon.js';

// Plain JavaScript without declarations.
const load = (name: string) => import(join(root, 'scripts/prebuild', name));
const { checkBinary } = await load('check.mjs');
const { TARGETS } = await load('targets.mjs');
const { readElf } = await load('elf.mjs');

const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

describe.runIf(process.platform === 'linux')('an ELF file', () => {
  const bytes = readFileSync(addonPath);

  test('is read: exports, libraries, versions', () => {
    const { exports, libraries, versions } = readElf(bytes);
    expect(exports.filter((name: string) => !name.startsWith('__asan')).sort()).toEqual(EXPORTS);
    expect(libraries.join()).toContain('libc.');
    if (libraries.includes('libc.so.6')) expect(versions.join()).toMatch(/GLIBC_2\.\d+/);
  });

  test('is refused for a library, a newer glibc, and its symbols', () => {
    const target = { ...TARGETS['linux-x64'], libraries: [], maxGlibc: [2, 1] };
    const { errors } = checkBinary(target, bytes);
    expect(errors.join('\n')).toContain('needs the library libc.so.6');
    expect(errors.join('\n')).toMatch(/needs glibc 2\.\d+, newer than 2\.1/);
    expect(errors.join('\n')).toContain('is not stripped');
  });

  test('of another export is refused', () => {
    // The same length, so that every offset stays.
    const changed = Buffer.from(bytes);
    const at = changed.indexOf('napi_register_module_v1\0');
    changed.write('napi_register_module_v2', at);
    const { errors } = checkBinary(TARGETS['linux-x64'], changed);
    expect(errors.join('\n')).toContain('exports napi_register_module_v2');
  });
});

test('a file of another kind is refused', () => {
  for (const name of ['linux-x64', 'win32-x64', 'darwin-arm64']) {
    expect(() => checkBinary(TARGETS[name], Buffer.alloc(4096))).toThrow(/^not a 64-bit/);
  }
});

const built = Object.keys(TARGETS).filter((name) => existsSync(join(root, 'prebuilds', name, 'voronode.node')));
test.skipIf(built.length === 0)('the prebuilt binaries pass', () => {
  for (const name of built) {
    const { errors } = checkBinary(TARGETS[name], readFileSync(join(root, 'prebuilds', name, 'voronode.node')));
    expect([name, errors]).toEqual([name, []]);
  }
});
