/** The declarations, as a user's compiler sees them: each file of types/ as CommonJS and as an ES module. */

import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from './addon.js';
import { programsOf } from './programs.js';

const modules = join(root, 'node_modules');
const names = ['usage', 'faiss_node'];
const files = names.flatMap((name) => [`${name}.cts`, `${name}.mts`]);
let folder = '';

/** What the compiler says; '' if it is content. */
async function tsc(...args: string[]): Promise<string> {
  try {
    await promisify(execFile)(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), ...args], { cwd: folder });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout || String(error);
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'voronode-'));
  const installed = join(folder, 'node_modules', 'voronode');
  mkdirSync(installed, { recursive: true });
  mkdirSync(join(folder, 'node_modules', '@types'));
  for (const name of ['@types/node', 'undici-types'])
    symlinkSync(join(modules, name), join(folder, 'node_modules', name));
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'));
  await promisify(execFile)(process.execPath, [join(root, 'scripts/build-lib.mjs'), join(installed, 'dist')], {
    cwd: root,
  });
  for (const name of names) {
    for (const kind of ['.cts', '.mts']) cpSync(join(root, 'test', 'types', `${name}.cts`), join(folder, name + kind));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['node16', 'node16', 'es2022'],
  ['nodenext', 'nodenext', 'esnext'],
  ['preserve', 'bundler', 'es2022'],
])('module %s, resolution %s, target %s', async (module, moduleResolution, target) => {
  const options = { module, moduleResolution, target, lib: ['es2023', 'esnext.disposable'] };
  const compilerOptions = { ...options, types: ['node'], strict: true, noEmit: true, exactOptionalPropertyTypes: true };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  expect(await tsc('-p', 'tsconfig.json')).toBe('');
});

test('the programs of docs/choosing.md compile', async () => {
  const page = readFileSync(join(root, 'docs', 'choosing.md'), 'utf8');
  const programs = programsOf(page).filter(({ language }) => language === 'js');
  expect(programs.length).toBeGreaterThanOrEqual(4);
  for (const [i, { code }] of programs.entries()) writeFileSync(join(folder, `choosing${i}.mts`), code);
  const compilerOptions = { module: 'nodenext', target: 'es2022', types: ['node'], strict: true, noEmit: true };
  const files = programs.map((_, i) => `choosing${i}.mts`);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  expect(await tsc('-p', 'tsconfig.json')).toBe('');
});

test('a mistake is found', async () => {
  writeFileSync(join(folder, 'wrong.mts'), `import { IndexFlatL2 } from 'voronode'; new IndexFlatL2('4');`);
  const compilerOptions = { module: 'nodenext', types: ['node'], strict: true, noEmit: true };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['wrong.mts'] }));
  expect(await tsc('-p', 'tsconfig.json')).toContain('TS2345');
});
