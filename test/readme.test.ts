/**
 * The README is true: its programs run and print what their comments say, its commands exist, its links lead somewhere.
 *
 * The blocks of one language below one heading are one program. Expected output is what stands in comments: behind a
 * console.log or print, or on lines of their own. White space does not count.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { faiss, python } from './io/peer.js';

const root = join(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

interface Program {
  heading: string;
  language: string;
  code: string;
}

function programs(): Program[] {
  const found = new Map<string, Program>();
  for (const section of readme.split(/^## /m).slice(1)) {
    const heading = section.slice(0, section.indexOf('\n'));
    for (const [, language = '', code = ''] of section.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
      const key = `${heading} (${language})`;
      found.set(key, { heading, language, code: (found.get(key)?.code ?? '') + code });
    }
  }
  return [...found.values()];
}

const words = (text: string) => text.trim().split(/\s+/).join(' ');

function expectedOutput(code: string): string {
  const comments = code.matchAll(/^(?:.*(?:console\.log|print)\(.*\).*?)?(?:\/\/|#) (.*)$/gm);
  return words([...comments].map(([, text]) => text).join(' '));
}

// Inside the repository, so that 'voronode' is found by its name; git and the linters look past it.
mkdirSync(join(root, '.cache'), { recursive: true });
const folder = mkdtempSync(join(root, '.cache', 'readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

function execute(command: string, file: string, code: string): string {
  writeFileSync(join(folder, file), code);
  // A sanitizer that is loaded into node must not be loaded into Python.
  const env = { ...process.env, NODE_OPTIONS: '', ...(command === python ? { LD_PRELOAD: '' } : {}) };
  const { status, stdout, stderr } = spawnSync(command, [file], { cwd: folder, encoding: 'utf8', env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return words(stdout);
}

describe('programs', () => {
  const all = programs();

  test('are there', () => {
    expect(all.filter(({ language }) => language === 'js').length).toBeGreaterThanOrEqual(8);
    expect(all.filter(({ language }) => language === 'python').length).toBe(1);
    expect(new Set(all.map(({ language }) => language))).toEqual(new Set(['sh', 'js', 'python']));
  });

  test.each(all.filter(({ language }) => language === 'js'))('$heading', ({ code }) => {
    const expected = expectedOutput(code);
    expect(expected).not.toBe('');
    expect(execute(process.execPath, code.includes('require(') ? 'program.cjs' : 'program.mjs', code)).toBe(expected);
  });

  test.for(all.filter(({ language }) => language === 'python'))('$heading, in Python', ({ code }, context) => {
    if ('missing' in faiss) context.skip(faiss.missing); // which fails in CI (test/io/interop.test.ts)
    const written = readdirSync(folder).filter((name) => name.endsWith('.faiss'));
    expect(written).toEqual(['books.faiss']); // by the program in JavaScript of the same section
    expect(execute(python, 'program.py', code)).toBe(expectedOutput(code));
  });
});

test('commands exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const shell = programs().filter(({ language }) => language === 'sh');
  const names = shell.flatMap(({ code }) => [...code.matchAll(/npm (?:run )?(\w+)/g)].map(([, name]) => name!));
  expect(names).toEqual(expect.arrayContaining(['demo', 'test', 'setup', 'pack', 'install']));
  for (const name of names) expect([...Object.keys(scripts), 'pack', 'install']).toContain(name);
});

const documents = [
  'README.md',
  'examples/data/README.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
];

test.each(documents)('links of %s lead to files', (path) => {
  const links = [...readFileSync(join(root, path), 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(
    ([, target]) => target!,
  );
  const local = links.filter((target) => !/^https?:/.test(target));
  for (const target of local) expect(existsSync(join(root, dirname(path), target)), target).toBe(true);
});

test.each(documents)('files and commands that %s names exist', (path) => {
  const text = readFileSync(join(root, path), 'utf8');
  const files = text.match(/\b(native|lib|test|scripts|examples)\/[\w./-]+\.\w+\b(?!\*)/g) ?? [];
  // "thing" stands for the kind that the reader adds.
  for (const file of files.filter((name) => !name.includes('thing'))) {
    expect(existsSync(join(root, file)), file).toBe(true);
  }
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const [, name] of text.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(name);
});
