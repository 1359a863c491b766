// The tables of the question "ivf", and its chart.
import { RECALLS } from './curve.mjs';
import { curveChart } from './curve_chart.mjs';
import { recipes } from './recipes.mjs';
import { number, ratio, size, table, time, times } from './table.mjs';

/** What the columns mean. */
export function legend({ shapes, k }) {
  const data = [...new Set(shapes.map((shape) => shape.data))].map((name) => `*${name}*: ${recipes[name].says}`);
  return [
    `Inverted files with float32 rows, k = ${k}. Times: median of the rounds (least–most), for the whole call. Ratio: Faiss's`,
    'time ÷ ours within a round, median (least–most); above 1 we are faster. Beside its time stands the setting of Faiss',
    'that was fastest in that row: its threads + BLAS\'s; "lists": threads share the lists of a query. Both train with the',
    'same vectors with the same iterations. Scanned: the share of all vectors that a query is compared with. Recall: the',
    'share of the exact k nearest that is found. Equal recall: queries per second with all queries in one call, between',
    'the measured points of 1, 2, 4, … lists; of RFlat the best of several numbers of candidates.',
    `Data: ${data.join('; ')}.`,
  ].join('\n');
}

export function renderBlock(block) {
  const { d, n, nlist, data, metric, threads, versions, skipped } = block;
  const rival = versions[1] === undefined ? 'no rivals' : `faiss ${versions[1]}`;
  return [
    `### ${d} × ${size(n)}, IVF${nlist}, ${data}, ${metric}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    `Against ${rival}.`,
    ...(block.build ? [buildTable(block.build)] : []),
    ...(block.rows ? [searchTable(block.rows), recallTable(block)] : []),
    ...(block.equal ? [equalTable(block.equal)] : []),
    ...(block.memory ? [block.memory.map(memoryLine).join('\n')] : []),
    ...skipped.map((reason) => `Skipped: ${reason}.`),
  ].join('\n\n');
}

/** Time, and ratio, of Faiss. */
function cells(faiss, relation) {
  if (faiss === undefined) return ['skipped', ''];
  return [`${time(faiss.seconds.median)}${faiss.setting && `, ${faiss.setting}`}`, ratio(relation)];
}

function buildTable({ sample, batch, steps, objectives: [ours, theirs] }) {
  const says = { train: `train, ${sample} vectors`, add: `add, ${batch} a call at the most` };
  const body = steps.map(({ step, ours: our, faiss }) => [
    says[step],
    times(our.seconds),
    ...cells(faiss, faiss?.ratio),
  ]);
  const quality =
    theirs === undefined ? [] : [`${theirs.toPrecision(6)}`, `${(100 * (ours / theirs - 1)).toFixed(2)} %`];
  return [
    table([['step', 'time', 'faiss', 'ratio'], ...body], 1),
    `k-means: the mean over the training vectors of the squared distance to the nearest centroid (inner product: of the ` +
      `product) is ${ours.toPrecision(6)}${quality.length ? `, Faiss's ${quality[0]}; ours is ${quality[1]} larger` : ''}.`,
  ].join('\n\n');
}

function searchTable(rows) {
  const body = rows.flatMap(({ nprobe, nq, ours, faiss }) =>
    ours.map((our) => [
      String(nprobe),
      String(nq),
      our.setting,
      times(our.seconds),
      number(nq / our.seconds.median),
      ...cells(faiss, our.ratio),
    ]),
  );
  return table([['nprobe', 'queries', 'call', 'time', 'queries/s', 'faiss', 'ratio'], ...body], 3);
}

function recallTable({ recalls, k }) {
  const share = (value) => (value === undefined ? '' : value.toFixed(4));
  const body = recalls.map(({ nprobe, ours, faiss }) => [
    String(nprobe),
    ...[ours, faiss].flatMap((side) => [share(side?.recall), share(side?.scanned)]),
  ]);
  return table([['nprobe', `recall@${k}`, 'scanned', `faiss recall@${k}`, 'faiss scanned'], ...body], 1);
}

function equalTable(rows) {
  const rivals = rows[0].rivals.map(({ rival }) => rival);
  const body = rows.map(({ recall, ours, rivals: found }) => [
    String(recall),
    ours ? number(ours.median) : 'not reached',
    ...rivals.flatMap((name) => {
      const one = found.find(({ rival }) => rival === name);
      return one?.ratio ? [number(one.queriesPerSecond.median), ratio(one.ratio)] : ['not reached', ''];
    }),
  ]);
  return table([['equal recall', 'queries/s', ...rivals.flatMap((name) => [name, 'ratio'])], ...body], 1);
}

function memoryLine({ floats, grown, peak, sketch }) {
  const mega = (bytes) => `${number(bytes / 1e6)} MB`;
  return (
    `Memory${sketch ? '' : ' without sketches'}: ${mega(grown)} resident for ${mega(floats)} of float32, ` +
    `${(grown / floats).toFixed(3)} times as much; at the highest, while adding in calls of 10 000, ${(peak / floats).toFixed(3)}.`
  );
}

/** One panel for each block that has curves. */
export function draw({ machine: { voronode, cpu }, k, blocks }) {
  const panels = blocks.filter(({ curves }) => curves);
  if (panels.length === 0) return undefined;
  return curveChart(
    `Recall@${k} against queries per second: voronode ${voronode}, ${cpu}`,
    panels.map(({ d, n, nlist, data, threads, curves }) => ({
      heading: `${d} × ${size(n)}, IVF${nlist}, ${data}, threads ${threads}`,
      marks: RECALLS,
      curves: curves.map(({ rival, setting, points }) => ({
        label: [rival, setting].filter((part) => part && part !== 'search').join(', '),
        family: rival,
        points: points.map(({ recall, queriesPerSecond }) => ({ x: recall, y: queriesPerSecond.median })),
      })),
    })),
  );
}
