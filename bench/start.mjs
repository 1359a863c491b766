// What does it cost to load the package? Fresh processes load this package, usearch and faiss-node in turn; the time of
// `require` and the resident memory that the process gained by it and by a first search of 1000 vectors.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expected } from './expected.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { handOut } from './report.mjs';
import { ours, rivals } from './rivals/loading.mjs';
import { spread } from './rounds.mjs';
import { number, ratio, table, times } from './table.mjs';

const ROUNDS = 15;
const program = fileURLToPath(new URL('start_child.cjs', import.meta.url));

export async function main(args) {
  const options = readOptions('start', args);
  if (options === undefined) return 0;
  const contestants = [await ours()];
  const missing = [];
  for (const name of options.rivals.filter((each) => each in rivals)) {
    try {
      contestants.push(await rivals[name]());
    } catch (error) {
      missing.push({ name: name === 'faiss' ? 'faiss-node' : name, reason: error.message });
    }
  }
  for (const each of contestants) load(each); // the files are in the system's cache from here on
  const rounds = contestants.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, each] of contestants.entries()) rounds[i].push(load(each));
  }
  const rows = contestants.map((each, i) => summary(each, rounds[i], rounds[0]));
  const results = { machine: machine(), command: options.command, rounds, rows, missing };
  const markdown = [describe(results.machine), legend(), render(rows, missing), ...rows.flatMap(remark)].join('\n\n');
  console.log(markdown);
  handOut('start', options, { results, markdown });
  return 0;
}

/** One fresh process: seconds of `require`, bytes gained by it, and by it and a first search. */
function load({ name, path, env }) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, name, path], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw expected(`${name} could not be loaded: ${stderr}`);
  return JSON.parse(stdout);
}

function summary(contestant, rounds, oursRounds) {
  const of = (key) => spread(rounds.map((round) => round[key]));
  const ratios = spread(rounds.map(({ seconds }, i) => seconds / oursRounds[i].seconds));
  return { ...contestant, seconds: of('seconds'), loaded: of('loaded'), searched: of('searched'), ratios };
}

const legend = () =>
  `${ROUNDS} fresh processes for each package, in turn; median (least–most). The files are in the system's cache. Ratio: its ` +
  'time ÷ ours, within a round. Memory: what the resident memory of the process grew by.';

function render(rows, missing) {
  const mega = ({ median, min, max }) => `${number(median / 1e6)} MB (${number(min / 1e6)}–${number(max / 1e6)})`;
  const head = ['package', '`require`', 'ratio', 'memory, loaded', 'memory, after a first search'];
  const body = rows.map((row, i) => [
    `${row.name} ${row.version}`,
    times(row.seconds),
    i === 0 ? '' : ratio(row.ratios),
    mega(row.loaded),
    mega(row.searched),
  ]);
  const absent = missing.map(({ name, reason }) => [name, `not measured: ${reason}`, '', '', '']);
  return table([head, ...body, ...absent], 1);
}

const remark = ({ name, note }) => (note === undefined ? [] : [`${name}: ${note}.`]);
