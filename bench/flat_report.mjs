// The tables of the question "flat".
import { recipes } from './recipes.mjs';
import { number, ratio, size, table, time, times } from './table.mjs';

/** What the columns mean. */
export function legend({ shapes, k }) {
  const data = [...new Set(shapes.map((shape) => shape.data))].map((name) => `*${name}*: ${recipes[name].says}`);
  return [
    `Exact search, k = ${k}. Times: median of the rounds (least–most), for the whole call. Ratio: the rival's time ÷ ours`,
    'within a round, median (least–most); above 1 we are faster. GB/s: the float32 bytes of all vectors ÷ our time, one',
    "query. Gma/s: 10^9 multiply-adds of a plain scan ÷ our time. Beside a rival's time stands the setting that was",
    "fastest in that row: for Faiss its threads + BLAS's; for usearch one call, or one for each query. hnswlib-node has one",
    'thread and one query a call; what goes one by one is timed on 16 queries at most, and scaled.',
    `Data: ${data.join('; ')}.`,
  ].join('\n');
}

/** @param floor from floor.mjs */
export function describeFloor(floor) {
  if (floor === undefined) return 'The floor of the machine was not measured: no C++ compiler.';
  const rate = ({ name, threads, value, unit }) => `${name} ${number(value)} ${unit} (threads: ${threads})`;
  return `The machine's floor, measured in this run: ${floor.map(rate).join('; ')}.`;
}

export function renderBlock(block) {
  const { d, n, data, metric, threads, rows, skipped } = block;
  const rivals = [...new Map(rows.flatMap((row) => row.rivals).map((one) => [one.rival, one.version]))];
  const head = ['queries', 'call', 'time', 'GB/s', 'Gma/s', ...rivals.flatMap(([name]) => [name, 'ratio'])];
  const body = rows.flatMap((row) =>
    row.ours.map((our, i) => [
      String(row.nq),
      our.setting,
      times(our.seconds),
      our.gigabytesPerSecond === undefined ? '' : number(our.gigabytesPerSecond),
      number(our.gigaMultiplyAddsPerSecond),
      ...rivals.flatMap(([name]) =>
        cells(
          row.rivals.find((one) => one.rival === name),
          i,
        ),
      ),
    ]),
  );
  const versions = rivals.map(([name, version]) => `${name} ${version}`).join(', ') || 'no rivals';
  return [
    `### ${d} × ${size(n)}, ${data}, ${metric}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    `Against ${versions}.`,
    table([head, ...body], 2),
    ...faults(rows),
    ...skipped.map((reason) => `Skipped: ${reason}.`),
  ].join('\n\n');
}

function cells(found, our) {
  if (found === undefined) return ['too slow', ''];
  const setting = found.setting === '' ? '' : `, ${found.setting}`;
  return [`${time(found.seconds.median)}${setting}`, ratio(found.ratios[our])];
}

function faults(rows) {
  return rows.flatMap((row) =>
    row.rivals
      .filter((one) => one.wrongPlaces > 0)
      .map(
        (one) =>
          `${one.rival} named a vector that is not among the nearest in ${one.wrongPlaces} places of ${row.nq} queries.`,
      ),
  );
}
