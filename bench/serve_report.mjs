// The tables of the question "serve".
import { recipes } from './recipes.mjs';
import { GOALS } from './serve_callers.mjs';
import { EVERY, LONGEST_WAIT } from './serve_giant.mjs';
import { LONGEST_CALL, LONGEST_DELAY } from './serve_loop.mjs';
import { CALLERS } from './serve_peers.mjs';
import { READERS, UPSERTS } from './serve_upserts.mjs';
import { number, ratio, size, table, time, times } from './table.mjs';

/** What the columns mean. */
export function legend({ shapes, k, parts }) {
  const data = [...new Set(shapes.map((shape) => shape.data))].map((name) => `*${name}*: ${recipes[name].says}`);
  return [
    `k = ${k}. What was measured in rounds: the median (least–most). Loop: for how long the event loop did not come round, the ` +
      '99.9 % quantile.',
    ...parts.map((part) => legends[part]),
    `Data: ${data.join('; ')}.`,
  ].join('\n');
}

const legends = {
  callers:
    'Callers: each awaits one search at a time, each search another query. One call: `search` with as many queries as there are ' +
    'callers, the same ones, in turn with them; all answers had the same bits. Ratio: searches per second of the callers ÷ ' +
    `queries per second of the one call, within a round; wanted from ${GOALS.from} callers on: ${GOALS.rate}. Latencies: of all ` +
    `rounds together; wanted at ${GOALS.at} callers: p99 at most ${GOALS.tail} × p50.`,
  giant:
    `Short searches beside long work on another index: one every ${EVERY} ms. Waiting: what a search takes beyond the median of ` +
    `those alone; wanted: p99 at most ${time(LONGEST_WAIT)}. A tick of the timer that comes late is not a part of it, but of ` +
    '"loop". Times as long: time of the work beside short searches ÷ alone, within a round.',
  upserts:
    `Upserts: ${READERS} readers that each await one search at a time, alone and beside a writer that replaces ` +
    `${UPSERTS.wanted} vectors a second, one in a call. Ratio: searches per second beside it ÷ alone, within a round; wanted: ` +
    `${UPSERTS.rate}. Tail: p99 beside ÷ alone; wanted: at most ${UPSERTS.tail}.`,
  loop:
    'The event loop while all vectors are added in one call with `{ transfer: true }`, searched in calls of 64, saved, loaded ' +
    'and let go; and while nothing is done, which shows the machine. Call: until the method has returned its promise; wanted of add: at most ' +
    `${time(LONGEST_CALL)}. Loop: wanted of all together: at most ${time(LONGEST_DELAY)}.`,
  peers:
    `Other packages under ${CALLERS} callers: their exact search runs on the event loop, each caller comes from it. Ratio: our ` +
    'rate ÷ theirs, within a round.',
};

export function renderBlock(block) {
  const { d, n, nlist, nprobe, data, metric, threads, callers, giant, upserts, loop, peers } = block;
  return [
    `### ${d} × ${size(n)}, ${data}, ${metric}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    `Inverted file: ${nlist} lists, of which a search visits ${nprobe}.`,
    ...(callers ? [callersTable(callers)] : []),
    ...(giant ? [giantTable(giant.rows), ...remarksOnPriority(giant.refused)] : []),
    ...(upserts ? [upsertsTable(upserts)] : []),
    ...(loop ? [loopTable(loop)] : []),
    ...(peers ? [peersTable(peers.rows), ...remarksOnPeers(peers)] : []),
  ].join('\n\n');
}

const verdict = (kept) => (kept === undefined ? '' : kept ? 'kept' : 'missed');

function callersTable(rows) {
  const rateGoal = `ratio ≥ ${GOALS.rate}`;
  const tailGoal = `p99 ≤ ${GOALS.tail} × p50`;
  const latencies = ['p50', 'p99', 'p99.9'];
  const head = [
    'index',
    'callers',
    'searches/s',
    ...latencies,
    'loop',
    'one call, queries/s',
    'ratio',
    rateGoal,
    tailGoal,
  ];
  const body = rows.map((row) => [
    row.kind,
    String(row.callers),
    number(row.rate.median),
    ...[row.latency.p50, row.latency.p99, row.latency.p999].map(time),
    time(row.loopDelay.median),
    number(row.oneCallRate.median),
    ratio(row.ratio),
    verdict(row.keepsRate),
    verdict(row.keepsTail),
  ]);
  return table([head, ...body], 1);
}

function giantTable(rows) {
  const waiting = ['waiting, p50', 'p99', 'worst', `p99 ≤ ${time(LONGEST_WAIT)}`];
  const head = ['long work', 'short search', 'alone, p50', ...waiting, 'loop', 'work alone', 'beside', 'times as long'];
  const body = rows.map((row) => [
    row.options === undefined ? row.giant : `${row.giant}, ${row.options.priority}`,
    row.short,
    time(row.alone.p50),
    ...[row.waiting.p50, row.waiting.p99, row.waiting.worst].map(time),
    verdict(row.keepsWaiting),
    time(row.loopDelay.median),
    times(row.giantAlone),
    time(row.giantBeside.median),
    ratio(row.slower),
  ]);
  return table([head, ...body], 2);
}

function upsertsTable(rows) {
  const readers = ['alone, searches/s', 'beside', 'ratio', `≥ ${UPSERTS.rate}`, 'p99 alone', 'beside', 'tail'];
  const head = ['index', ...readers, `≤ ${UPSERTS.tail}`, 'upserts/s', 'p50', 'p99', 'worst', 'loop'];
  const body = rows.map(({ kind, aloneRate, rate, p99, upserts, ...row }) => [
    kind,
    number(aloneRate.median),
    number(rate.median),
    ratio(row.ratio),
    verdict(row.keepsRate),
    time(p99.alone.median),
    time(p99.beside.median),
    ratio(row.tail),
    verdict(row.keepsTail),
    number(upserts.rate.median),
    ...[upserts.p50, upserts.p99, upserts.worst].map(time),
    time(row.loopDelay.median),
  ]);
  return table([head, ...body], 1);
}

function remarksOnPriority(refused) {
  return refused.length === 0 ? [] : [`No \`{ priority: 'background' }\` here: ${refused.join('; ')}.`];
}

function loopTable({ rows, keepsCall, keepsDelay }) {
  const goal = { add: keepsCall, all: keepsDelay };
  const shown = (value) => (value === undefined ? '' : times(value));
  const head = [
    'step',
    'in all',
    'call',
    'loop',
    'worst',
    `add: call ≤ ${time(LONGEST_CALL)}; all: loop ≤ ${time(LONGEST_DELAY)}`,
  ];
  const body = rows.map((row) => [
    row.step,
    ...[row.seconds, row.call, row.delay, row.worst].map(shown),
    verdict(goal[row.step]),
  ]);
  return table([head, ...body], 1);
}

function peersTable(rows) {
  const head = ['package', 'searches/s', 'p50', 'p99', 'loop', 'ratio'];
  const body = rows.map((row, i) => [
    `${row.rival} ${row.version}`,
    number(row.rate.median),
    time(row.latency.p50),
    time(row.latency.p99),
    time(row.loopDelay.median),
    i === 0 ? '' : ratio(row.ratio),
  ]);
  return table([head, ...body], 1);
}

function remarksOnPeers({ rows, skipped }) {
  const wrong = rows
    .filter(({ wrongPlaces }) => wrongPlaces > 0)
    .map(
      ({ rival, wrongPlaces }) =>
        `${rival} named a vector that is not among the nearest in ${wrongPlaces} places of ${CALLERS} queries.`,
    );
  const notes = rows.flatMap(({ rival, note }) => (note === undefined ? [] : [`${rival}: ${note}.`]));
  return [...notes, ...wrong, ...skipped.map((reason) => `Skipped: ${reason}.`)];
}
