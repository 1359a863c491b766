/** Loading the addon: where it is looked for, in which order, and what is said when it is not there. */

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addonPath, root } from './addon.js';

/** A package of the compiled lib/ alone. */
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'voronode-'));
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build-lib.mjs'), join(folder, 'dist')]);
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  for (const name of ['build', 'prebuilds', 'native']) rmSync(join(folder, name), { recursive: true, force: true });
});

/** Loads the package, in a process where the statements of `before` ran first. */
async function load(
  env: Record<string, string> = {},
  before = '',
  options: string[] = [],
): Promise<Record<string, string>> {
  const script = `
    ${before};
    const show = (error) => ({ name: error.name, code: error.code, message: error.message, cause: error.cause?.code });
    let out;
    try {
      out = { d: String(new (require('./dist').IndexFlatL2)(3).d), from: Object.keys(require.cache).find((path) => path.endsWith('.node')) };
    } catch (error) { out = show(error) }
    console.log(JSON.stringify(out));`;
  const { stdout } = await promisify(execFile)(process.execPath, [...options, '-e', script], {
    cwd: folder,
    env: { ...process.env, VORONODE_BINARY: '', VORONODE_SIMD: '', VORONODE_THREADS: '', ...env },
  });
  return JSON.parse(stdout);
}

/** What the head of a program says; a static one says nothing, and then Node's report does. */
const LINKERS = {
  glibc: '\x7fELF…\0/lib64/ld-linux-x86-64.so.2\0',
  musl: '\x7fELF…\0/lib/ld-musl-x86_64.so.1\0',
  static: '\x7fELF…\0',
};

/** What a process sees that runs elsewhere. */
const pretend = (platform: string, arch: string, libc = '') => `
  Object.defineProperty(process, 'platform', { value: '${platform}' });
  Object.defineProperty(process, 'arch', { value: '${arch}' });
  ${libc && `process.execPath = ${JSON.stringify(plant(`program-${libc}`, LINKERS[libc as keyof typeof LINKERS]))};`}
  process.report.getReport = () => ({ header: ${libc === 'musl' ? '{}' : `{ glibcVersionRuntime: '2.31' }`} })`;

function plant(path: string, text?: string): string {
  const at = join(folder, path);
  mkdirSync(dirname(at), { recursive: true });
  if (text === undefined) copyFileSync(addonPath, at);
  else writeFileSync(at, text);
  return at;
}

const BUILT = join('build', 'Release', 'voronode.node');
const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
const musl = process.platform === 'linux' && report.header.glibcVersionRuntime === undefined;
const here = [process.platform, process.arch, ...(musl ? ['musl'] : [])].join('-');
const permissionFlag = ['--permission', '--experimental-permission'].find((name) =>
  process.allowedNodeEnvironmentFlags.has(name),
);
const PREBUILT = join('prebuilds', here, 'voronode.node');

test('VORONODE_BINARY names the addon, also relative to the working directory', async () => {
  plant(BUILT, 'not an addon');
  expect(await load({ VORONODE_BINARY: addonPath })).toMatchObject({ d: '3' });
  expect(await load({ VORONODE_BINARY: relative(folder, addonPath) })).toMatchObject({ d: '3' });
});

test('the prebuilt binary of the platform is loaded', async () => {
  const path = plant(PREBUILT);
  expect(await load()).toEqual({ d: '3', from: path });
});

test('what was built from source comes before the prebuilt binary', async () => {
  plant(PREBUILT, 'an old binary');
  const path = plant(BUILT);
  expect(await load()).toEqual({ d: '3', from: path });
});

test('a build that does not load gives way to the prebuilt binary', async () => {
  plant(BUILT, 'made on another machine');
  const path = plant(PREBUILT);
  expect(await load()).toMatchObject({ d: '3', from: path });
});

test('with nothing there, the error names the platform, what was tried, and the command', async () => {
  plant('native/rooms.txt', '');
  const error = await load();
  expect(error).toMatchObject({ name: 'Error', code: 'ERR_VORONODE_UNSUPPORTED', cause: 'MODULE_NOT_FOUND' });
  expect(error.message).toContain(`on ${process.platform}-${process.arch}`);
  if (process.platform === 'linux') expect(error.message).toMatch(/\((glibc 2\.\d+|musl)\)/);
  expect(error.message).toContain(`${join(folder, BUILT)}: not there`);
  expect(error.message).toContain(`${join(folder, PREBUILT)}: not there`);
  expect(error.message).toContain(`npm --prefix ${JSON.stringify(folder)} run build:native`);
});

test('away from its package, as in a bundle, it says what bundlers need', async () => {
  expect((await load()).message).toContain('Leave voronode out of the bundle');
});

test.each([
  ['linux', 'x64', 'glibc', 'linux-x64'],
  ['linux', 'x64', 'musl', 'linux-x64-musl'],
  ['linux', 'arm64', 'glibc', 'linux-arm64'],
  ['linux', 'arm64', 'musl', 'linux-arm64-musl'],
  ['win32', 'x64', '', 'win32-x64'],
  ['win32', 'arm64', '', 'win32-arm64'],
  ['darwin', 'arm64', '', 'darwin-arm64'],
  ['darwin', 'x64', '', 'darwin-x64'],
])('%s %s %s looks in prebuilds/%s', async (platform, arch, libc, name) => {
  const path = plant(join('prebuilds', name, 'voronode.node'), 'not an addon');
  const error = await load({}, pretend(platform, arch, libc));
  expect(error).toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED', cause: 'ERR_DLOPEN_FAILED' });
  expect(error.message).toContain(
    `on ${platform}-${arch}${{ musl: ' (musl)', glibc: ' (glibc 2.31)', '': '' }[libc]}.`,
  );
  expect(error.message).toContain(`  ${path}: `);
  expect(error.message).not.toContain(`${path}: not there`);
});

test('a platform without a prebuilt binary is named', async () => {
  const error = await load({}, pretend('freebsd', 'riscv64'));
  expect(error.message).toContain('voronode has no prebuilt binary for freebsd-riscv64');
});

test('a static program is told by the report', async () => {
  const program = JSON.stringify(plant('program', LINKERS.static));
  const musl = await load({}, `${pretend('linux', 'x64', 'musl')}; process.execPath = ${program}`);
  expect(musl.message).toContain(join('prebuilds', 'linux-x64-musl'));
  const glibc = await load({}, `${pretend('linux', 'x64', 'glibc')}; process.execPath = ${program}`);
  expect(glibc.message).toContain(join('prebuilds', 'linux-x64', 'voronode.node'));
  const unreadable = await load({}, `${pretend('linux', 'x64', 'musl')}; process.execPath = '/nowhere'`);
  expect(unreadable.message).toContain(join('prebuilds', 'linux-x64-musl'));
});

test('a runtime that cannot report its libc is taken for glibc', async () => {
  const error = await load(
    {},
    `${pretend('linux', 'x64')}; process.report.getReport = () => { throw new Error('no') }`,
  );
  expect(error.message).toContain('on linux-x64 (glibc)');
});

test.each([
  ['--no-addons', ['--no-addons'], {}],
  ['--no-addons in NODE_OPTIONS', [], { NODE_OPTIONS: '--no-addons' }],
])('%s is named as the reason', async (_, options, env) => {
  plant(PREBUILT);
  const error = await load(env, '', options);
  expect(error).toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED', cause: 'ERR_DLOPEN_DISABLED' });
  expect(error.message).toMatch(/\nNode was started with --no-addons .* leave that option out\.$/);
});

describe.skipIf(permissionFlag === undefined)("Node's permission model", () => {
  const real = () => realpathSync(folder);
  const model = [permissionFlag!, '--no-warnings'];

  test('without addons', async () => {
    plant(PREBUILT);
    const error = await load({}, '', [...model, `--allow-fs-read=${real()}/*`]);
    expect(error).toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED', cause: 'ERR_DLOPEN_DISABLED' });
    expect(error.message).toMatch(/\nNode's permission model forbids native addons, .* --allow-addons, too\.$/);
    expect(await load({}, '', [...model, `--allow-fs-read=${real()}/*`, '--allow-addons'])).toMatchObject({ d: '3' });
  });

  test('without reading the binary', async () => {
    plant(BUILT);
    const grants = ['dist/*', 'package.json'].map((name) => `--allow-fs-read=${join(real(), name)}`);
    const error = await load({}, '', [...model, ...grants, '--allow-addons']);
    expect(error).toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED', cause: 'ERR_ACCESS_DENIED' });
    const [, asked] = /\nNode's permission model forbids reading it: .* --allow-fs-read="(.*)", too\.$/.exec(
      error.message!,
    )!;
    expect(asked).toBe(join(real(), '*'));
    grants.push(`--allow-fs-read=${asked}`);
    expect(await load({}, '', [...model, ...grants, '--allow-addons'])).toMatchObject({ d: '3' });
  });
});

test('a file named by VORONODE_BINARY that is no addon is the cause', async () => {
  const path = plant('text.node', 'not an addon');
  const error = await load({ VORONODE_BINARY: path });
  expect(error).toMatchObject({ code: 'ERR_VORONODE_UNSUPPORTED', cause: 'ERR_DLOPEN_FAILED' });
  expect(error.message).toContain('text.node');
  expect(error.message).toContain('Correct or unset it');
});

test('a wrong VORONODE_SIMD is reported as such', async () => {
  const error = await load({ VORONODE_BINARY: addonPath, VORONODE_SIMD: 'mmx' });
  expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
  expect(error.message).toContain("VORONODE_SIMD names a target that this machine cannot run: 'mmx'");
});

test('a wrong VORONODE_THREADS is reported as such', async () => {
  const error = await load({ VORONODE_BINARY: addonPath, VORONODE_THREADS: 'all' });
  expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
  expect(error.message).toContain("VORONODE_THREADS must be an integer >= 1 and <= 1024. Received 'all'");
});
