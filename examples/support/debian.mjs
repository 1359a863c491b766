// The data of examples/data (its README says where they come from): packages, teams and their embeddings.

import { fileURLToPath } from 'node:url';
import { InputError } from './input.mjs';
import { findByName, readTable } from './names.mjs';
import { readVectors } from './vectors.mjs';

export const dataPath = (name) => fileURLToPath(new URL(`../data/${name}`, import.meta.url));

/** `items` and `teams`: `{ ids, vectors, d }`; `packages` and `teamNames`: from ids to fields. */
export async function loadArchive() {
  return {
    items: await readVectors(dataPath('item_embeddings.csv')),
    teams: await readVectors(dataPath('user_embeddings.csv')),
    packages: await readTable(dataPath('packages.dat'), ['title', 'section', 'description']),
    teamNames: await readTable(dataPath('users.dat'), ['name']),
  };
}

export function findTeam({ teamNames }, wanted) {
  return findByName(
    'team',
    wanted,
    Array.from(teamNames, ([id, { name }]) => [id, name]),
  );
}

/** Only some of the packages have an embedding; the others are no answer. */
export function findPackage({ packages, items }, wanted) {
  const embedded = Array.from(items.ids, (id) => [id, nameOf(packages.get(id))]);
  const all = Array.from(packages, ([id, fields]) => [id, nameOf(fields)]);
  const without = all.some(([, name]) => name === wanted) && !embedded.some(([, name]) => name === wanted);
  if (without) throw new InputError(`the package '${wanted}' has no embedding: only ${items.ids.length} have one`);
  return findByName('package', wanted, embedded);
}

/** The vector of an id. */
export function vectorOf({ ids, vectors, d }, id) {
  const i = ids.indexOf(id);
  return vectors.subarray(i * d, (i + 1) * d);
}

/** A row of results joined with the table of packages, as cells. */
export function describe({ packages }, { labels, distances }) {
  return Array.from(labels, (id, i) => {
    const fields = packages.get(id);
    return [`${i + 1}`, distances[i].toFixed(4), nameOf(fields), fields.section, fields.description];
  });
}

/** A title is the name and the version: `gimp (2.10.34-1)`. */
export function nameOf({ title }) {
  return title.replace(/ \(.*\)$/, '');
}
