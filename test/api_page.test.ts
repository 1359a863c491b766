/** docs/api.md names everything that the package exports, and all public members of its classes; and nothing else. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as voronode from '../lib/index.js';

const read = (path: string) => readFileSync(join(__dirname, '..', path), 'utf8');
const page = read('docs/api.md');
const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name!);
const unique = (list: string[]) => [...new Set(list)].sort();

/** The first cells of its tables: `index.add(…)`, `index.d`, …; and what stands there without a table. */
const cells = names(page, /^\| (`.*?) \|/gm).join(' ');
const prose = names(page, /^(`Index` is the class .*\n?.*)$/gm).join(' ');
const members = names(cells, /`\w+\.(\w+)/g);

/** The methods and getters of a class and of those that it extends. */
function membersOf(Class: object): string[] {
  const { prototype } = Class as { prototype?: object };
  const own = prototype && prototype !== Object.prototype ? Object.getOwnPropertyNames(prototype) : [];
  const parent = Object.getPrototypeOf(Class);
  return typeof parent === 'function' ? [...own, ...membersOf(parent)] : own;
}

/** Twins are told by a mark. */
const withoutTwins = (all: string[]) =>
  all.filter((name) => !name.endsWith('Sync') || !all.includes(name.slice(0, -4)));

test('every export has its place, and nothing else', () => {
  const exported = names(read('dist/index.d.mts'), /(?<=[{,] )(?:type )?(\w+)(?=[, ])/g).filter(
    (name) => name !== 'default',
  );
  expect(exported).toContain('IndexFlatL2');
  const shown = [...names(cells, /`(?:new )?(\w+)(?:\(.*?)?`/g), ...names(prose, /`(Index\w*)`/g)];
  expect(unique(shown)).toEqual(unique(withoutTwins(exported)));
});

test('every public member of an index or a result has its place, and nothing else', () => {
  const classes = Object.values(voronode).filter((value) => typeof value === 'function' && value.prototype);
  const own = classes
    .filter((each) => !((each as { prototype: unknown }).prototype instanceof Error))
    .flatMap(membersOf);
  const internal = ['constructor', 'facts', 'toJSON'];
  expect(unique(members)).toEqual(unique(withoutTwins(own.filter((name) => !internal.includes(name)))));
});

test('what has a twin in place is marked', () => {
  const twins = names(page, /^\| `\w+\.(\w+)\(.*?` \| \*\*S\*\* \|/gm);
  const methods = [...membersOf(voronode.IndexIVF), ...membersOf(voronode.IndexKeyMap)];
  expect(unique(twins)).toEqual(unique(methods.filter((name) => methods.includes(`${name}Sync`))));
});
