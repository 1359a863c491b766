// From ids to names and back. The tables are text, `id::field::…::last field`, where the last field may itself contain `::`.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InputError } from './input.mjs';

/** A Map from id (bigint) to the fields, as objects with the given keys. */
export async function readTable(path, keys) {
  const table = new Map();
  const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
  lines.forEach((line, i) => {
    if (line === '') return;
    const [id, ...fields] = splitAtFirst(line, '::', keys.length);
    if (fields.length < keys.length || !/^-?\d+$/.test(id)) {
      throw new InputError(`${basename(path)}, line ${i + 1}: expected id::${keys.join('::')}`);
    }
    table.set(BigInt(id), Object.fromEntries(keys.map((key, j) => [key, fields[j]])));
  });
  return table;
}

/** At most n separators count. */
function splitAtFirst(text, separator, n) {
  const parts = text.split(separator);
  return parts.length <= n + 1 ? parts : [...parts.slice(0, n), parts.slice(n).join(separator)];
}

/**
 * The id whose name is `wanted`, case aside. names: an iterable of [id, name].
 * @throws InputError with the nearest names
 */
export function findByName(kind, wanted, names) {
  const all = [...names];
  const found = all.find(([, name]) => name.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found[0];
  const near = all
    .map(([, name]) => ({ name, score: similarity(name, wanted) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .filter(({ score }) => score > 0.3);
  const hint = near.length === 0 ? '' : ` Near it: ${near.map(({ name }) => name).join(', ')}`;
  throw new InputError(`there is no ${kind} '${wanted}'.${hint}`);
}

/** The Dice coefficient of two strings' pairs of neighbouring letters: 1 for the same, 0 for nothing in common. */
function similarity(a, b) {
  const [x, y] = [pairs(a), pairs(b)];
  return (2 * x.filter((pair) => y.includes(pair)).length) / (x.length + y.length || 1);
}

function pairs(text) {
  const letters = text.toLowerCase();
  return Array.from({ length: Math.max(0, letters.length - 1) }, (_, i) => letters.slice(i, i + 2));
}
