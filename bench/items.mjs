// How long does it take to find the k nearest items of every item, as the tutorials of recommenders do? An inverted file as
// `suggestIndex` says, tuned to find nine in ten, then all items as queries.
import { IndexIVFFlat, setThreads, suggestIndex, tune } from 'voronode';
import { openDataset } from './data.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { exactAnswers, recall } from './recall.mjs';
import { recipes } from './recipes.mjs';
import { handOut } from './report.mjs';
import { number, size, table, time } from './table.mjs';

const RECALL = 0.9;
const LARGE = 5_000_000; // items of the job that others have published times of

export async function main(args) {
  const options = readOptions('items', args);
  if (options === undefined) return 0;
  const results = { machine: machine(), command: options.command, recall: RECALL, k: options.k, rows: [] };
  for (const [i, shape] of options.shapes.entries()) {
    for (const threads of options.threads) {
      const nlist = options.nlist?.[i] ?? options.nlist?.[0];
      results.rows.push(await measure({ ...shape, threads }, nlist, options));
    }
  }
  const data = [...new Set(options.shapes.map((shape) => shape.data))].map(
    (name) => `*${name}*: ${recipes[name].says}`,
  );
  const markdown = [
    describe(results.machine),
    `The ${options.k} nearest items of every item, in calls of ${Math.max(...options.nq)}; lists to visit: the fewest that find ` +
      `${RECALL} of them (\`tune\`). Recall: of 1000 items, against exact search, the item itself not counted.\n` +
      `Data: ${data.join('; ')}.`,
    render(results.rows),
    ...results.rows.filter(({ n }) => n < LARGE).map(extrapolate),
  ].join('\n\n');
  console.log(markdown);
  handOut('items', options, { results, markdown });
  return 0;
}

async function measure(shape, lists, { k, nq }) {
  const { d, n, threads, metric } = shape;
  setThreads(threads);
  const dataset = openDataset(shape, 1);
  const nlist = lists ?? suggestIndex(n, d).nlist ?? 2 ** Math.round(Math.log2(Math.sqrt(n)));
  const { sample, queries } = sampleOf(dataset);
  const exact = exactAnswers({ ...dataset, queries, nq: sample.length }, k + 1);

  const index = new IndexIVFFlat(d, nlist, { metric });
  const seconds = {};
  const timed = async (name, work) => {
    const begin = performance.now();
    const result = await work();
    seconds[name] = (performance.now() - begin) / 1000;
    return result;
  };
  await timed('train', () => index.train(dataset.base.subarray(0, Math.min(n, 256 * nlist) * d)));
  await timed('add', () => inCalls(dataset, 100_000, (vectors) => index.add(vectors)));
  // Each item finds itself: of k + 1, k count.
  const wanted = (RECALL * k + 1) / (k + 1);
  const { nprobe } = await timed('tune', () => tune(index, queries, { k: k + 1, recall: wanted, set: true }));
  const labels = new BigInt64Array(n * (k + 1));
  await timed('query', () =>
    inCalls(dataset, Math.max(...nq), async (vectors, first) => {
      labels.set((await index.search(vectors, k + 1)).labels, first * (k + 1));
    }),
  );
  const found = sample.map((item) => others(labels.subarray(item * (k + 1), (item + 1) * (k + 1)), item, k));
  const right = sample.map((item, i) => others(exact.slice(i * (k + 1), (i + 1) * (k + 1)), item, k));
  index.close();
  return { ...shape, nlist, nprobe, seconds, recall: recall(found.flat(), right.flat(), k) };
}

/** 1000 items, or all, evenly spaced. */
function sampleOf({ n, d, base }) {
  const sample = Array.from({ length: Math.min(1000, n) }, (_, i) => Math.floor((i * n) / Math.min(1000, n)));
  const queries = new Float32Array(sample.length * d);
  for (const [i, item] of sample.entries()) queries.set(base.subarray(item * d, (item + 1) * d), i * d);
  return { sample, queries };
}

async function inCalls({ n, d, base }, size, call) {
  for (let first = 0; first < n; first += size) await call(base.subarray(first * d, (first + size) * d), first);
}

/** The k best but the item itself. */
function others(labels, item, k) {
  return Array.from(labels, Number)
    .filter((id) => id !== item)
    .slice(0, k);
}

function render(rows) {
  const head = [
    'items',
    'data',
    'threads',
    'nlist',
    'nprobe',
    'train',
    'add',
    'tune',
    'query all',
    'items/s',
    'recall',
    'in all',
  ];
  const body = rows.map(({ d, n, data, threads, nlist, nprobe, seconds, recall: found }) => [
    `${d} × ${size(n)}`,
    data,
    ...[threads, nlist, nprobe].map(String),
    ...['train', 'add', 'tune', 'query'].map((step) => time(seconds[step])),
    number(n / seconds.query),
    found.toFixed(3),
    time(Object.values(seconds).reduce((sum, each) => sum + each)),
  ]);
  return table([head, ...body], 2);
}

/** With the same lists, each larger in proportion, and as many visited: adding takes n times, querying n² times as long. */
function extrapolate({ d, n, data, threads, seconds }) {
  const factor = LARGE / n;
  const build = seconds.train + seconds.add * factor;
  const query = seconds.query * factor ** 2;
  const minutes = (value) => `${number(value / 60)} min`;
  return (
    `Extrapolated to ${d} × ${size(LARGE)} (${data}, threads: ${threads}) with the same number of lists, as many of them visited: ` +
    `${minutes(build)} to build, ${minutes(query)} at the most to query all.`
  );
}
