// What do keys cost? The same vectors under ids (IndexIDMap) and under strings (IndexKeyMap): searches of both in turn, with
// and without reading the strings; how long it takes to hand the strings over; and what they take besides their text.
import { IndexIDMap, IndexKeyMap, indexFactory } from 'voronode';
import { openDataset } from './data.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { handOut } from './report.mjs';
import { inTurn, ratios, spread } from './rounds.mjs';
import { number, ratio, size, table, time, times } from './table.mjs';

const BATCH = 100_000;
/** Seconds of a turn. */
const TURN = 0.1;

export async function main(args) {
  const options = readOptions('keys', args);
  if (options === undefined) return 0;
  const results = { machine: machine(), command: options.command, rows: [] };
  for (const shape of options.shapes) results.rows.push(...(await measureShape(shape, options)));
  const markdown = [
    describe(results.machine),
    `Searches for ${options.k} neighbours by keys, and in the same rounds by ids. Ratio: time with keys ÷ time with ids.`,
    renderSearches(results.rows),
    'Adding, and memory: what an index with keys has beyond one without any, tables for lookups included.',
    renderStored(results.rows),
  ].join('\n\n');
  console.log(markdown);
  handOut('keys', options, { results, markdown });
  return 0;
}

/** Lists of the size that suits so many vectors. */
const kindsOf = (n) => ['Flat', `IVF${2 ** Math.round(Math.log2(Math.sqrt(n)))},Flat`];

async function measureShape(shape, options) {
  const dataset = openDataset(shape, Math.max(...options.nq));
  const rows = [];
  for (const kind of kindsOf(shape.n)) rows.push(await measureKind(kind, dataset, options));
  return rows.map((row) => ({ ...shape, ...row }));
}

/** As identifiers of parts of documents are: 20 to 30 characters. */
const keyOf = (i) => `document:${(i * 7919) % 1_000_003}:chunk-${i}`;

async function measureKind(kind, { d, n, base, queries }, options) {
  const make = () => {
    const inner = indexFactory(d, kind, options.shapes[0].metric);
    inner.trainSync(base.subarray(0, 100_000 * d));
    return inner;
  };
  const [byId, byKey] = [new IndexIDMap(make()), new IndexKeyMap(make())];
  const added = { ids: 0, keys: 0, pack: 0 };
  let text = 0;
  for (let at = 0; at < n; at += BATCH) {
    const vectors = base.subarray(at * d, Math.min(at + BATCH, n) * d);
    const ids = BigInt64Array.from({ length: vectors.length / d }, (_, i) => BigInt(at + i));
    const keys = Array.from(ids, (_, i) => keyOf(at + i));
    text += keys.reduce((sum, key) => sum + key.length, 0);
    added.ids += await seconds(() => byId.addWithIds(vectors, ids));
    added.keys += await seconds(() => byKey.addWithKeys(vectors, keys), added);
  }
  await byKey.has('');
  const { ids, tables } = byKey.stats().bytes;
  const without = byKey.index.stats().bytes;
  const searches = [];
  for (const nq of options.nq)
    searches.push(await measureSearches([byId, byKey], queries.subarray(0, nq * d), options));
  const all = await seconds(() => byKey.keys());
  const beyond = (ids - without.ids + tables - without.tables - text) / n;
  for (const index of [byId, byKey]) index.close();
  return { kind, added, all, text: text / n, beyond, searches };
}

/** @param held gets, as `pack`, the time until the call has returned its promise */
async function seconds(call, held) {
  const begin = performance.now();
  const pending = call();
  if (held !== undefined) held.pack += (performance.now() - begin) / 1000;
  await pending;
  return (performance.now() - begin) / 1000;
}

async function measureSearches([byId, byKey], queries, { k, seconds: least }) {
  const nq = queries.length / byId.d;
  let calls = 1;
  const turn = (search) => async () => {
    const begin = performance.now();
    for (let call = 0; call < calls; call++) await search();
    return (performance.now() - begin) / 1000 / calls;
  };
  const read = async () => {
    const found = await byKey.search(queries, k);
    for (let i = 0; i < nq; i++) found.keys(i);
  };
  const searches = [() => byId.search(queries, k), () => byKey.search(queries, k), read];
  for (const search of searches) await search();
  calls = Math.max(1, Math.round(TURN / (await turn(searches[0])())));
  const [ids, keys, strings] = await inTurn(searches.map(turn), least);
  return { nq, ids: spread(ids), keys: ratios(keys, ids), strings: ratios(strings, ids) };
}

function renderSearches(rows) {
  const head = ['vectors', 'index', 'queries', 'ids', 'keys', 'keys, read as strings'];
  const body = rows.flatMap(({ d, n, kind, searches }) =>
    searches.map(({ nq, ids, keys, strings }) => [
      ...[`${d} × ${size(n)}`, kind, String(nq), times(ids), ratio(keys), ratio(strings)],
    ]),
  );
  return table([head, ...body], 2);
}

function renderStored(rows) {
  const head = [
    'vectors',
    'index',
    'add, ids',
    'add, keys',
    'of it on the event loop',
    'keys()',
    'text a key',
    'beyond',
  ];
  const body = rows.map(({ d, n, kind, added, all, text, beyond }) => [
    ...[`${d} × ${size(n)}`, kind, time(added.ids), time(added.keys), time(added.pack), time(all)],
    ...[`${number(text)} B`, `${number(beyond)} B`],
  ]);
  return table([head, ...body], 2);
}
