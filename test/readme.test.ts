/**
 * What the README, the pages in docs/ and the docstrings show is true: programs run and print what their comments say,
 * commands exist, links lead somewhere. programs.ts says what a program is.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { faiss, python } from './io/peer.js';
import { examplesOf, expectedOutput, type Program, programsOf, words } from './programs.js';

const root = join(__dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const namesIn = (folder: string, ending: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

const readme = programsOf(read('README.md'));
const pages = namesIn('docs', '.md').flatMap((path) =>
  programsOf(read(path)).map((program) => ({ ...program, title: `${path}, ${program.title}` })),
);
const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `lib/${name.replaceAll('\\', '/')}`);
const examples = sources.flatMap((path) => examplesOf(path, read(path)));
const inJavaScript = ({ language }: Program) => language === 'js';

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

function printsWhatItSays({ code }: Program) {
  const expected = expectedOutput(code);
  expect(expected).not.toBe('');
  expect(execute(process.execPath, code.includes('require(') ? 'program.cjs' : 'program.mjs', code)).toBe(expected);
}

describe('programs of the README', () => {
  test('are there', () => {
    expect(readme.filter(inJavaScript).length).toBeGreaterThanOrEqual(8);
    expect(readme.filter(({ language }) => language === 'python').length).toBe(1);
    expect(new Set(readme.map(({ language }) => language))).toEqual(new Set(['sh', 'js', 'python']));
  });

  test.each(readme.filter(inJavaScript))('$title', printsWhatItSays);

  test.for(readme.filter(({ language }) => language === 'python'))('$title, in Python', ({ code }, context) => {
    if ('missing' in faiss) context.skip(faiss.missing); // which VORONODE_REQUIRE_FAISS forbids (test/io/interop.test.ts)
    const written = readdirSync(folder).filter((name) => name.endsWith('.faiss'));
    expect(written).toEqual(['books.faiss']); // by the program in JavaScript of the same section
    expect(execute(python, 'program.py', code)).toBe(expectedOutput(code));
  });
});

describe('programs of the pages', () => {
  test.each(pages.filter(inJavaScript))('$title', printsWhatItSays);
});

describe('examples of the docstrings', () => {
  test('are there', () => {
    const marked = sources.flatMap((path) => read(path).match(/@example/g) ?? []);
    expect(marked.length).toBeGreaterThanOrEqual(8);
    expect(examples.filter(inJavaScript).length).toBe(marked.length);
  });

  test.each(examples)('$title', printsWhatItSays);
});

test('each code of an error has a place in the page on trouble', () => {
  const codes = read('lib/errors.ts').match(/(?<=^ {2}\| ')\w+/gm)!;
  expect(codes).toContain('ERR_VORONODE_CORRUPT');
  for (const code of codes)
    expect(read('docs/troubleshooting.md')).toMatch(new RegExp(`^#.*\\b${code}\\b|^\`${code}:`, 'm'));
});

test('commands exist', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const shell = readme.filter(({ language }) => language === 'sh');
  const names = shell.flatMap(({ code }) => [...code.matchAll(/npm (?:run )?([\w:]+)/g)].map(([, name]) => name!));
  expect(names).toEqual(expect.arrayContaining(['demo', 'test', 'pack:local', 'install']));
  for (const name of names) expect([...Object.keys(scripts), 'install']).toContain(name);
});

const documents = [
  ...namesIn('.', '.md').map((path) => path.slice(2)),
  'examples/data/README.md',
  ...namesIn('docs', '.md'),
];

/** How pages of the package link to files that are only in the repository. */
const { repository } = JSON.parse(read('package.json'));
const REPOSITORY = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/`;

/** What GitHub makes of the headings. */
const anchorsOf = (path: string) =>
  [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test.each(documents)('links of %s lead to files and headings', (path) => {
  for (const [, target = '', anchor] of read(path).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)) {
    const inRepository = target.startsWith(REPOSITORY);
    if (/^https?:/.test(target) && !inRepository) continue;
    const relative = inRepository ? target.slice(REPOSITORY.length) : join(dirname(path), target);
    const file = target === '' ? path : relative;
    expect(existsSync(join(root, file)), target).toBe(true);
    if (anchor !== undefined && file.endsWith('.md')) expect(anchorsOf(file), target).toContain(anchor);
  }
});

test.each(documents)('files and commands that %s names exist', (path) => {
  const text = read(path);
  const files = text.match(/\b(native|lib|test|scripts|examples)\/[\w./-]+\.\w+\b(?!\*)/g) ?? [];
  // "thing" stands for the kind that the reader adds.
  for (const file of files.filter((name) => !name.includes('thing'))) {
    expect(existsSync(join(root, file)), file).toBe(true);
  }
  const { scripts } = JSON.parse(read('package.json'));
  for (const [, name] of text.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(name);
});
