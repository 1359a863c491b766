/** Loading the addon: where it is looked for, and what is said when it is not there. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addonPath, root } from './addon.js';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'voronode-'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await promisify(execFile)(process.execPath, [
    tsc,
    '-p',
    join(root, 'tsconfig.json'),
    '--outDir',
    join(folder, 'dist'),
  ]);
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Loads the compiled package from a folder that has no build/, with this VORONODE_BINARY. */
async function load(binary: string, simd = ''): Promise<Record<string, string>> {
  const script = `
    const show = (error) => ({ name: error.name, code: error.code, message: error.message, cause: error.cause?.code });
    let out;
    try { out = { d: String(new (require('./dist').IndexFlatL2)(3).d) } } catch (error) { out = show(error) }
    console.log(JSON.stringify(out));`;
  const env = { ...process.env, VORONODE_BINARY: binary, VORONODE_SIMD: simd };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { cwd: folder, env });
  return JSON.parse(stdout);
}

test('VORONODE_BINARY names the addon', async () => {
  expect(await load(addonPath)).toEqual({ d: '3' });
});

test('without it, build/Release beside dist/ is tried; the error says what to do', async () => {
  const error = await load('');
  expect(error).toMatchObject({ name: 'Error', code: 'ERR_VORONODE_UNSUPPORTED', cause: 'MODULE_NOT_FOUND' });
  expect(error.message).toContain(`${process.platform}-${process.arch}`);
  if (process.platform === 'linux') expect(error.message).toMatch(/-(glibc|musl) /);
  expect(error.message).toContain(join(folder, 'build', 'Release', 'voronode.node'));
  expect(error.message).toContain('"npm run build"');
});

test('a file that is no addon is the cause', async () => {
  writeFileSync(join(folder, 'text.node'), 'not an addon');
  const error = await load(join(folder, 'text.node'));
  expect(error).toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED', cause: 'ERR_DLOPEN_FAILED' });
  expect(error.message).toContain('text.node');
});

test('a wrong VORONODE_SIMD is reported as such', async () => {
  const error = await load(addonPath, 'mmx');
  expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
  expect(error.message).toContain("VORONODE_SIMD names a target that this machine cannot run: 'mmx'");
});
