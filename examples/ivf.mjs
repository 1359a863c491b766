// An inverted file from training to tuning: how many lists to visit, what that finds and what it costs, as a table and as a
// chart.
//
//   node examples/ivf.mjs [--n 100000] [--d 64] [--recall 0.95] [--k 10] [--out FILE.svg]
//
// The vectors are made up, from a fixed seed: mixtures of 16 random directions and a little noise, which makes them about as
// hard to search as embeddings are.

import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { IndexFlatL2, IndexIVFFlat, suggestIndex, tune } from 'voronode';
import { countOption, InputError, run } from './support/input.mjs';
import { plot } from './support/plot.mjs';
import { bold, count, line, milliseconds, table, timed } from './support/print.mjs';

const QUERIES = 500;

async function main() {
  const { n, d, k, recall, out } = readOptions();
  console.log(`\n${bold('voronode')}: ${count(n)} vectors of ${d} components in lists\n`);
  const random = normals(1);
  const directions = random(FACTORS * d);
  const vectors = mixtures(n, d, directions, random);
  const queries = mixtures(QUERIES, d, directions, random);

  // For n that are fast to search as they are it suggests no lists: then about √n, as for the others.
  const nlist = suggestIndex(n, d).nlist ?? 2 ** Math.round(Math.log2(Math.sqrt(n)));
  const index = new IndexIVFFlat(d, nlist);
  const reports = [];
  const [, training] = await timed(() =>
    index.train(vectors, { progress: ({ objective }) => reports.push(objective) }),
  );
  const gained = (100 * (reports[0] - reports.at(-1))) / reports[0];
  line(
    `  train ${nlist} lists; ${reports.length} iterations made the error ${gained.toFixed(0)} % smaller`,
    milliseconds(training),
  );
  const [, adding] = await timed(() => index.add(vectors));
  line(
    `  add; the lists are ${(await index.imbalance()).toFixed(2)} times as slow as equal ones would be`,
    milliseconds(adding),
  );

  const [found, tuning] = await timed(() => tune(index, queries, { recall, k, set: true }));
  line(`  tune for a recall of ${recall} among the ${k} nearest: nprobe = ${found.nprobe}`, milliseconds(tuning));

  const flat = new IndexFlatL2(d);
  await flat.add(vectors);
  const [exact, scanning] = await timed(() => flat.search(queries, k));
  checkExact(exact, await index.search(queries, k, { nprobe: nlist }));
  line('  search everything with IndexFlatL2, for comparison: the same answers', milliseconds(scanning));

  console.log();
  table(
    ['>lists visited', '>recall', '>queries a second', ''],
    found.curve.map((point) => row(point, found)),
  );
  const path = out ?? join(tmpdir(), 'voronode-ivf.svg');
  await writeFile(path, plot(`${count(n)} × ${d}, IVF${nlist},Flat, k = ${k}`, labelled(found)));
  console.log(`\nthe chart: ${path}`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      n: { type: 'string', default: '100000' },
      d: { type: 'string', default: '64' },
      k: { type: 'string', default: '10' },
      recall: { type: 'string', default: '0.95' },
      out: { type: 'string' },
    },
  });
  const recall = Number(values.recall);
  if (!(recall > 0 && recall <= 1)) throw new InputError(`--recall must be > 0 and <= 1, not '${values.recall}'`);
  const n = countOption('n', values.n);
  if (n < 10_000) throw new InputError(`--n must be 10000 or more, not ${n}: fewer vectors need no lists`);
  return { n, d: countOption('d', values.d), k: countOption('k', values.k), recall, out: values.out };
}

/** An IVF that visits all its lists is exact. */
function checkExact(flat, ivf) {
  if (!flat.labels.every((label, i) => label === ivf.labels[i])) throw new Error('all lists give other answers');
}

function row({ nprobe, recall, queriesPerSecond }, chosen) {
  return [
    `${nprobe}`,
    recall.toFixed(3),
    count(Math.round(queriesPerSecond)),
    nprobe === chosen.nprobe ? '← enough' : '',
  ];
}

/** The powers of two and the answer bear their nprobe; what else was tried lies close to the answer. */
function labelled({ curve, nprobe }) {
  return curve.map((point) => {
    const marked = point.nprobe === nprobe;
    return { ...point, marked, label: marked || Number.isInteger(Math.log2(point.nprobe)) ? `${point.nprobe}` : '' };
  });
}

const FACTORS = 16;

/** n × d. */
function mixtures(n, d, directions, random) {
  const vectors = new Float32Array(n * d);
  const weights = random(n * FACTORS);
  const noise = random(10_007); // again and again: prime, so that it falls otherwise in each vector
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      let sum = 0.1 * noise[(i * d + j) % noise.length];
      for (let f = 0; f < FACTORS; f++) sum += weights[i * FACTORS + f] * directions[f * d + j];
      vectors[i * d + j] = sum;
    }
  }
  return vectors;
}

/** A generator of so many normally distributed numbers, nearly: sums of four uniform ones (mulberry32). */
function normals(seed) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return (n) => Float32Array.from({ length: n }, () => uniform() + uniform() + uniform() + uniform() - 2);
}

await run(main);
