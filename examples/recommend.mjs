// Recommendations from embeddings, in the manner of the well-known recipe for Faiss: which Debian packages suit a team, and
// which packages are like another. The embeddings are real (examples/data/README.md).
//
//   node examples/recommend.mjs [--team NAME] [--package NAME] [--k N]
//
// Every answer is compared with a plain scan in JavaScript; a difference ends the program with exit code 1.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  getThreads,
  IDSelectorBatch,
  IDSelectorNot,
  IndexFlatIP,
  IndexFlatL2,
  IndexIDMap,
  indexFactory,
  readIndex,
  simdTarget,
  tune,
  writeIndex,
} from 'voronode';
import { describe, findPackage, findTeam, loadArchive, nameOf, vectorOf } from './support/debian.mjs';
import { countOption, run } from './support/input.mjs';
import { bold, count, dim, green, line, milliseconds, table, timed } from './support/print.mjs';
import { compare } from './support/scan.mjs';

const SHORT = 10; // rows of the second and the third table, at the most

async function main() {
  const options = readOptions();
  console.log(`\n${bold('voronode')}: recommendations from embeddings of Debian's packages`);
  console.log(dim(`${simdTarget()} kernels, ${getThreads()} threads, Node ${process.version}\n`));

  const [archive, loading] = await timed(loadArchive);
  const { items, teams } = archive;
  step(`read ${count(items.ids.length)} packages and ${teams.ids.length} teams, ${items.d} factors each`, loading);
  const team = findTeam(archive, options.team);
  const like = findPackage(archive, options.package);

  const index = await throughFile(await build(items));
  const all = await searchForAllTeams(index, archive, options.k);
  let identical = 0;
  let places = 0;
  for (const question of await questions(index, archive, team, like, options.k)) {
    const [result, searching] = await timed(() => question.index.search(question.query, question.k, question.options));
    const row = result.row(0);
    console.log();
    line(question.title, `${question.how}, ${milliseconds(searching)}`, bold);
    console.log(dim(question.note));
    table(['>#', `>${question.measure}`, 'package', 'section', 'description'], describe(archive, row));
    identical += compare(question.metric, row, question.query, items, question.k, question.except);
    places += row.labels.length;
  }
  console.log(`\n${green('checked')} against a plain scan in JavaScript (float64), which agrees:`);
  console.log(`  the tables: ${identical} of ${places} places identical`);
  console.log(`  all teams:  ${count(all.identical)} of ${count(all.places)} places identical`);
  const moved = places - identical + all.places - all.identical;
  if (moved > 0) console.log(dim(`  (${moved} places are neighbours that float32 cannot tell apart)`));
  await inLists(archive, options.k);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      team: { type: 'string', default: 'Debian Science Maintainers' },
      package: { type: 'string', default: 'python3-numpy' },
      k: { type: 'string', default: '30' },
    },
  });
  return { ...values, k: countOption('k', values.k) };
}

/** An exact index under the packages' own ids. */
async function build({ ids, vectors, d }) {
  const index = new IndexIDMap(new IndexFlatL2(d));
  const [, adding] = await timed(() => index.add_with_ids(vectors, ids));
  step(`add_with_ids to new IndexIDMap(new IndexFlatL2(${d}))`, adding);
  return index;
}

/** Writes the index, reads it back, and goes on with what was read. */
async function throughFile(index) {
  const folder = await mkdtemp(join(tmpdir(), 'voronode-'));
  try {
    const path = join(folder, 'packages.faiss');
    const [, writing] = await timed(() => writeIndex(index, path));
    step(`writeIndex, ${count((await stat(path)).size)} bytes, durable`, writing);
    index.close();
    const [back, reading] = await timed(() => readIndex(path));
    step(`readIndex, ${count(back.ntotal)} vectors`, reading);
    return back;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** One call for all the teams; its answers against the plain scan, team by team. */
async function searchForAllTeams(index, { items, teams }, k) {
  const [result, searching] = await timed(() => index.search(teams.vectors, k));
  step(`search the ${k} nearest for all ${result.nq} teams in one call`, searching);
  const found = { identical: 0, places: 0 };
  const [, scanning] = await timed(() => {
    for (const [i, id] of teams.ids.entries()) {
      const row = result.row(i);
      found.identical += compare('l2', row, vectorOf(teams, id), items, k);
      found.places += row.labels.length;
    }
  });
  step('the same by a plain scan in JavaScript, and the comparison', scanning);
  return found;
}

/** What the tables answer: three ways of being near. */
async function questions(nearest, archive, team, like, k) {
  const { ids, vectors, d } = archive.items;
  // Cosine: every vector on its way in, and every query, is scaled to length 1.
  const cosines = indexFactory(d, 'IDMap,L2norm,Flat', 'ip');
  await cosines.addWithIds(vectors, ids);
  const products = new IndexIDMap(new IndexFlatIP(d));
  await products.addWithIds(vectors, ids);

  const taste = vectorOf(archive.teams, team);
  const name = archive.teamNames.get(team).name;
  return [
    {
      title: `Nearest to ${name}`,
      note: 'squared Euclidean distance: favours packages with short vectors, whatever they are about',
      how: 'IndexIDMap(IndexFlatL2)',
      measure: 'distance',
      metric: 'l2',
      index: nearest,
      query: taste,
      k,
    },
    {
      title: `Like ${nameOf(archive.packages.get(like))}`,
      note: 'cosine: direction alone; the package itself is filtered out',
      how: "indexFactory('IDMap,L2norm,Flat')",
      measure: 'cosine',
      metric: 'cosine',
      index: cosines,
      query: vectorOf(archive.items, like),
      k: Math.min(k, SHORT),
      options: { filter: new IDSelectorNot(new IDSelectorBatch([like])) }, // not the package itself
      except: like,
    },
    {
      title: `Largest inner product with ${name}`,
      note: 'what such factors are made for: the larger the product, the stronger the predicted preference',
      how: 'IndexIDMap(IndexFlatIP)',
      measure: 'product',
      metric: 'ip',
      index: products,
      query: taste,
      k: Math.min(k, SHORT),
    },
  ];
}

/** The same by an inverted file: what a search costs and finds that visits only some of the lists. */
async function inLists({ items, teams }, k) {
  const index = indexFactory(items.d, 'IVF64,Flat');
  const [, filling] = await timed(async () => {
    await index.train(items.vectors);
    await index.add_with_ids(items.vectors, items.ids);
  });
  const { curve, nprobe } = await tune(index, teams.vectors, { k, recall: 0.95 });
  console.log();
  line(`In ${index.nlist} lists`, `indexFactory('IVF64,Flat'), ${milliseconds(filling)} to train and fill`, bold);
  console.log(
    dim(`for collections too large to search as a whole; ${nprobe} lists find 95 % of the nearest to all teams`),
  );
  const rows = curve.filter((point) => [1, 4, 16, nprobe, index.nlist].includes(point.nprobe));
  table(
    ['>lists visited', '>found', '>queries a second', ''],
    rows.map((point) => [
      `${point.nprobe}`,
      `${(100 * point.recall).toFixed(1)} %`,
      count(Math.round(point.queriesPerSecond)),
      point.nprobe === nprobe ? '← enough' : '',
    ]),
  );
}

function step(what, ms) {
  line(`  ${what}`, milliseconds(ms));
}

await run(main);
