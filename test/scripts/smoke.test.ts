/** The smoke test finds what it looks for: its checks fail on packages that are broken in just these ways. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { root } from '../addon.js';

const load = (name: string) => import(new URL(`../../scripts/smoke/${name}`, import.meta.url).href);
const { makeProject } = await load('project.mjs');
const { packageChecks } = await load('package.mjs');
const { useChecks } = await load('use.mjs');
const { documented } = await load('bundlers.mjs');

const folder = mkdtempSync(join(tmpdir(), 'voronode-smoke-'));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;
const project = () => makeProject(join(folder, `project${++made}`));

/** Packs a package of the given files. */
async function pack(files: Record<string, string>): Promise<string> {
  const from = join(folder, `package${++made}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(from, name)), { recursive: true });
    writeFileSync(join(from, name), text);
  }
  const packer = project();
  const [{ filename }] = JSON.parse(await packer.npm('pack', from, '--ignore-scripts', '--json'));
  return join(packer.folder, filename);
}

function perform(name: string, tarball: string) {
  const check = [...packageChecks, ...useChecks].find((each) => each.name === name);
  return check.run({ tarball, project, quick: true, name });
}

const manifest = { name: 'voronode', version: '1.0.0', license: 'MIT', main: './index.js' };
const json = JSON.stringify;

describe('manifest', () => {
  test('a package without scripts', async () => {
    const tarball = await pack({ 'package.json': json(manifest), 'index.js': '' });
    expect(await perform('manifest', tarball)).toContain('voronode@1.0.0: no install script');
  });

  test('npm adds a script where there is a binding.gyp', async () => {
    const tarball = await pack({ 'package.json': json(manifest), 'index.js': '', 'binding.gyp': '{}' });
    await expect(perform('manifest', tarball)).rejects.toThrow('install scripts: install: node-gyp rebuild');
  });

  test('a script of its own', async () => {
    const scripts = { postinstall: 'node index.js' };
    const tarball = await pack({ 'package.json': json({ ...manifest, scripts }), 'index.js': '' });
    await expect(perform('manifest', tarball)).rejects.toThrow('install scripts: postinstall: node index.js');
  });
});

test('contents: what is missing is named', async () => {
  const files = { 'package.json': json(manifest), 'README.md': '', LICENSE: '' };
  await expect(perform('contents', await pack(files))).rejects.toThrow('the package lacks CHANGELOG.md');
  const more = { ...files, 'CHANGELOG.md': '', 'CONTRIBUTING.md': '', 'SECURITY.md': '', 'sbom.cdx.json': '{}' };
  await expect(perform('contents', await pack(more))).rejects.toThrow(/lacks the binaries for \w+-\w+/);
});

test('a program that ends well without an answer has failed', async () => {
  const index = 'process.exit(0);';
  const tarball = await pack({ 'package.json': json(manifest), 'index.js': index });
  await expect(perform('require', tarball)).rejects.toThrow('"require: found" was not printed');
});

test('projects see no compiler', async () => {
  const app = project();
  const program = `for (const name of ['cc', 'c++', 'g++', 'make', 'cmake', 'python3', 'sh']) {
    const { error } = require('node:child_process').spawnSync(name, ['--version']);
    console.log(name, error?.code);
  }`;
  app.write('look.cjs', program);
  const said = (await app.run(app.node, ['look.cjs'])).trim().split('\n');
  expect(said.length).toBe(7);
  for (const line of said) expect(line).toMatch(/ ENOENT$/);
});

test('bundlers: files and commands of the page', () => {
  const page = `<!-- a: x.js -->\n\`\`\`js\nx\n\`\`\`\n<!-- a: run -->\n\`\`\`sh\nnpx a --b\n\`\`\`\n<!-- b: run -->\n\`\`\`sh\nnpx b\n\`\`\`\n`;
  expect(documented('a', page)).toEqual({ files: { 'x.js': 'x\n' }, commands: [['npx', 'a', '--b']] });
  expect(() => documented('c', page)).toThrow('no block for c');
});

test('an unknown check is refused', () => {
  const program = join(root, 'scripts/smoke.mjs');
  const { status, stderr } = spawnSync(process.execPath, [program, '--only', 'nothing'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('there is no check "nothing"; there are install, require,');
});
