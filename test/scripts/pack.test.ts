/** Packing: a package without what it needs is refused with the command to run; the one for this machine has all of it. */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../addon.js';

const load = (name: string) => import(new URL(`../../scripts/${name}`, import.meta.url).href);
const { TARGETS, thisTarget } = await load('prebuild/targets.mjs');
const { deadLinks } = await load('smoke/links.mjs');
const targets = Object.keys(TARGETS);

function runIn(folder: string, script: string, args: string[] = [], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [join(folder, 'scripts', script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, npm_command: 'pack', ...env },
  });
}

describe('before npm packs', () => {
  let clone = '';
  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'voronode-pack-'));
    for (const name of ['package.json', 'package-lock.json', 'scripts']) {
      cpSync(join(root, name), join(clone, name), { recursive: true });
    }
  });
  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  const prepare = (env: Record<string, string> = {}) => runIn(clone, 'pack/prepare.mjs', [], env);
  const plant = (path: string, text = '') => {
    mkdirSync(join(clone, path, '..'), { recursive: true });
    writeFileSync(join(clone, path), text);
  };
  const setUp = () => {
    plant('dist/index.js');
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  };

  test('set-up must have run', () => {
    const { status, stderr } = prepare();
    expect(status).toBe(1);
    expect(stderr).toMatch(/dist\/index\.js, .* not there; run "npm run setup"/);
    expect(stderr).not.toMatch(/ENOENT|^ +at /m);
  });

  test('there must be a binary', () => {
    setUp();
    const { status, stderr } = prepare();
    expect(status).toBe(1);
    expect(stderr).toContain('npm run pack:local');
    expect(stderr).toContain('npm run prebuild');
    expect(existsSync(join(clone, 'headers'))).toBe(false);
  });

  test('some binaries may be packed, and are named; published they may not be', () => {
    setUp();
    plant('prebuilds/linux-x64/voronode.node');
    const { status, stderr } = prepare();
    expect(status).toBe(0);
    expect(stderr).toContain('no binary for linux-arm64, ');
    expect(existsSync(join(clone, 'headers/napi.h')) && existsSync(join(clone, 'sbom.cdx.json'))).toBe(true);
    expect(runIn(clone, 'pack/prepare.mjs', ['--remove']).status).toBe(0);
    expect(existsSync(join(clone, 'headers')) || existsSync(join(clone, 'sbom.cdx.json'))).toBe(false);

    const publishing = prepare({ npm_command: 'publish' });
    expect(publishing.status).toBe(1);
    expect(publishing.stderr).toContain('run "npm run prebuild" before publishing');
    for (const name of targets) plant(`prebuilds/${name}/voronode.node`);
    expect(prepare({ npm_command: 'publish' })).toMatchObject({ status: 0, stderr: '' });
  });

  test('binaries of another version are refused, and those of zig name their C++ library', () => {
    setUp();
    for (const name of targets) plant(`prebuilds/${name}/voronode.node`);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const manifest = (of: string) => JSON.stringify({ 'linux-x64': { version: of, compiler: 'zig 1 (clang 17.0.3)' } });
    plant('prebuilds/manifest.json', manifest('0.0.1'));
    expect(prepare().stderr).toContain(`the binaries for linux-x64 are not of version ${version}`);
    plant('prebuilds/manifest.json', manifest(version));
    expect(prepare().status).toBe(0);
    const { components } = JSON.parse(readFileSync(join(clone, 'sbom.cdx.json'), 'utf8'));
    expect(components).toContainEqual(expect.objectContaining({ name: 'libc++', version: '17.0.3' }));
  });
});

describe('the package of this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'voronode-pack-'));
  const unpacked = join(folder, 'package');
  beforeAll(() => {
    const { status, stdout, stderr } = runIn(root, 'pack/local.mjs', [folder]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const tarball = /: (\S+\.tgz), for (\S+) only/.exec(stdout)!;
    expect(tarball[2]).toBe(thisTarget());
    expect(spawnSync('tar', ['-xzf', tarball[1]!, '-C', folder]).status).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('has its binary alone, and works', () => {
    expect(targets.filter((name) => existsSync(join(unpacked, 'prebuilds', name)))).toEqual([thisTarget()]);
    const program = `console.log(new (require('./package').IndexFlatL2)(3).d)`;
    const env = { ...process.env, VORONODE_BINARY: '' };
    const { stdout } = spawnSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8', env });
    expect(stdout).toBe('3\n');
  });

  test('has the pages that its pages link to', () => {
    expect(existsSync(join(unpacked, 'SECURITY.md'))).toBe(true);
    expect(deadLinks(unpacked)).toEqual([]);
  });

  test('a link that leads to nothing is found', () => {
    writeFileSync(
      join(folder, 'page.md'),
      '[a](package/README.md#try-it) [b](https://example.org/) [c](none.md#x) [d](#e)',
    );
    expect(deadLinks(folder)).toContain('page.md: none.md');
    expect(deadLinks(folder).filter((link: string) => link.startsWith('page.md')).length).toBe(1);
  });

  test('says what of others it carries', () => {
    const bom = JSON.parse(readFileSync(join(unpacked, 'sbom.cdx.json'), 'utf8'));
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'voronode' } } });
    const names = bom.components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['node-addon-api', 'node-api-headers']);
    expect(bom.dependencies[0]).toMatchObject({ ref: bom.metadata.component['bom-ref'] });
    for (const { name, version } of bom.components) {
      const installed = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
      expect(version).toBe(installed.version);
    }
  });
});
