// What does mapping a file save? One file is opened by fresh processes that read it and that map it, in turn, with it in the
// system's cache: the time until the index is there, of the first search, which finds no page of it mapped yet, and of later
// ones. So is the file that `{ mappable: true }` makes of the same index, which has its sketches. Then four processes have
// each open at once: what they take together, each shared page counted once. Faiss opens the first file, where Python has it.
// Answers are compared, bit by bit.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { IndexFlatL2, readIndexSync, serializeIndexSync, writeIndexSync } from 'voronode';
import { expected } from './expected.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { Random } from './random.mjs';
import { handOut } from './report.mjs';
import { pythonWithFaiss } from './rivals/python.mjs';
import { spread } from './rounds.mjs';
import { filledLists } from './serve_lists.mjs';
import { number, size, table, times } from './table.mjs';

const SHAPE = { d: 100, n: 5_000_000 };
const QUICK = { d: 100, n: 100_000 };
const ROUNDS = 5;
const PROCESSES = 4;
const HEAD = 45; // bytes of a flat index's file before its rows
const PIECE = 10_000; // vectors that are written at a time
const LISTS = 1024; // of an inverted file
const NPROBE = 16;
const LISTS_SHARE = 5; // it holds a fifth of the vectors, as it must be trained and filled first

/** What the design wants. */
const LONGEST_OPEN = 20e-3; // seconds
const MOST_SHARED = 1.1; // of the file

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

export async function main(args) {
  const options = readOptions('mapped', args);
  if (options === undefined) return 0;
  const asked = ['--d', '--n'].some((name) => args.some((arg) => arg === name || arg.startsWith(`${name}=`)));
  const [{ d, n }] = asked ? options.shapes : [args.includes('--quick') ? QUICK : SHAPE];
  const folder = mkdtempSync(join(tmpdir(), 'voronode-mapped-'));
  try {
    const files = { plain: join(folder, 'index.faiss'), mappable: join(folder, 'mappable.faiss') };
    writeFlat(files.plain, d, n);
    writeMappable(files);
    const [bytes, mappableBytes] = [files.plain, files.mappable].map((path) => statSync(path).size);
    const results = { machine: machine(), command: options.command, d, n, bytes, mappableBytes };
    const withFaiss = options.rivals.includes('faiss');
    results.rows = measureOpening(files, withFaiss);
    results.memory = await measureMemory(files);
    results.lists = await measureLists(folder, { d, n: Math.max(1, Math.floor(n / LISTS_SHARE)) }, withFaiss);
    const markdown = [
      describe(results.machine),
      legend(results),
      render(results.rows),
      describeMemory(results),
      listsLegend(results.lists),
      render(results.lists.rows),
    ].join('\n\n');
    console.log(markdown);
    handOut('mapped', options, { results, markdown });
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A file of a flat index, without having the index: the head of an empty one, with its numbers changed, and random rows. */
function writeFlat(path, d, n) {
  const file = openSync(path, 'w');
  const head = Buffer.from(serializeIndexSync(new IndexFlatL2(d)));
  head.writeBigInt64LE(BigInt(n), 8);
  head.writeBigUInt64LE(BigInt(n) * BigInt(d), HEAD - 8);
  writeSync(file, head);
  const random = new Random(1);
  for (let left = n; left > 0; left -= PIECE) {
    const rows = Float32Array.from({ length: Math.min(PIECE, left) * d }, () => random.uniform());
    writeSync(file, new Uint8Array(rows.buffer));
  }
  closeSync(file);
}

/** The same of an inverted file, which is made in memory. */
async function measureLists(folder, { d, n }, withFaiss) {
  const files = { plain: join(folder, 'lists.faiss'), mappable: join(folder, 'lists_mappable.faiss') };
  const random = new Random(2);
  const base = Float32Array.from({ length: n * d }, () => random.uniform());
  const nlist = Math.max(1, Math.min(LISTS, Math.floor(n / 100)));
  const index = await filledLists({ d, n, nlist, nprobe: NPROBE, metric: 'l2', base });
  writeIndexSync(index, files.plain);
  writeIndexSync(index, files.mappable, { mappable: true });
  index.close();
  const [bytes, mappableBytes] = [files.plain, files.mappable].map((path) => statSync(path).size);
  return { d, n, nlist, bytes, mappableBytes, rows: measureOpening(files, withFaiss) };
}

/** The same with sketches. The rows are mapped meanwhile, so that they need not fit twice. */
function writeMappable({ plain, mappable }) {
  const index = readIndexSync(plain, { mmap: true });
  writeIndexSync(index, mappable, { mappable: true });
  index.close();
}

/** @returns the rows: how a file is opened, and what that took in each round */
function measureOpening({ plain: path, mappable }, withFaiss) {
  const ways = [
    { name: 'voronode, map', run: () => ours('map', path) },
    { name: 'voronode, map, written with `{ mappable: true }`', run: () => ours('map', mappable) },
    { name: 'voronode, read', run: () => ours('read', path) },
  ];
  const missing = [];
  if (withFaiss) {
    try {
      const python = pythonWithFaiss();
      for (const way of ['IO_FLAG_MMAP_IFC', 'IO_FLAG_MMAP', 'read']) {
        if (!knows(python, way)) {
          missing.push({ name: `Faiss, ${way}`, reason: 'this version does not have it' });
          continue;
        }
        ways.push({ name: `Faiss, ${way}`, run: () => child(python, [here('mapped_child.py'), way, path]) });
      }
    } catch (error) {
      missing.push({ name: 'Faiss', reason: error.message });
    }
  }
  const rounds = ways.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { run }] of ways.entries()) rounds[i].push(run());
  }
  checkAnswers(ways, rounds);
  const of = (i, key) => spread(rounds[i].map((round) => round[key]));
  const rows = ways.map(({ name }, i) => ({
    name,
    open: of(i, 'open'),
    first: of(i, 'first'),
    later: of(i, 'later'),
    resident: of(i, 'resident'),
  }));
  return [...rows, ...missing];
}

/** Whether this Faiss opens files in that way: IO_FLAG_MMAP_IFC came later than the other. */
const knows = (python, way) =>
  way === 'read' || spawnSync(python, ['-c', `import faiss; faiss.${way}`], { stdio: 'ignore' }).status === 0;

function checkAnswers(ways, rounds) {
  const [{ labels, distances }] = rounds[0];
  for (const [i, { name }] of ways.entries()) {
    for (const found of rounds[i]) {
      if (found.labels !== labels) throw new Error(`${name} found ${found.labels}, not ${labels}`);
      if (name.startsWith('voronode') && found.distances !== distances) throw new Error(`${name}: other distances`);
    }
  }
}

const ours = (way, path) => child(process.execPath, [here('mapped_child.mjs'), way, path]);

function child(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw expected(`${args.join(' ')} failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** Bytes of all processes together, above what they had before they opened the file; undefined where nobody counts them. */
async function measureMemory({ plain, mappable }) {
  if (process.platform !== 'linux') return undefined;
  const rows = [];
  for (const [way, path] of [
    ['map', plain],
    ['map', mappable],
    ['read', plain],
  ]) {
    // Four copies of a large file need not fit.
    const processes = way === 'map' ? PROCESSES : 1;
    const bytes = statSync(path).size;
    rows.push({ way, sketches: path === mappable, bytes, processes, ...(await together(way, path, processes)) });
  }
  return rows;
}

async function together(way, path, count) {
  const children = Array.from({ length: count }, () => {
    const started = spawn(process.execPath, [here('mapped_child.mjs'), way, path, 'steps'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return { started, lines: createInterface({ input: started.stdout })[Symbol.asyncIterator]() };
  });
  const step = async () => {
    for (const { started } of children) started.stdin.write('\n');
    const told = await Promise.all(children.map(async ({ lines }) => JSON.parse((await lines.next()).value)));
    return told.reduce((sum, one) => ({ shared: sum.shared + one.shared, resident: sum.resident + one.resident }));
  };
  const before = await step();
  await step(); // opens and searches
  const after = await step();
  for (const { started } of children) {
    started.stdin.end();
    await once(started, 'close');
  }
  return { shared: after.shared - before.shared, resident: after.resident - before.resident };
}

const legend = ({ d, n, bytes, mappableBytes }) =>
  `\`IndexFlatL2\` of ${size(n)} vectors of ${d} components, ${number(bytes / 1e9)} GB, in the system's cache; one query, ` +
  `k = 10; ${ROUNDS} fresh processes for each, in turn, median (least–most). Searches of what voronode reads have sketches, ` +
  `those of what it maps have them if the file does: \`{ mappable: true }\` makes it ${number(mappableBytes / 1e9)} GB. ` +
  `Wanted: mapped in ${LONGEST_OPEN * 1e3} ms at the most.`;

const listsLegend = ({ d, n, nlist, bytes, mappableBytes }) =>
  `The same of an \`IndexIVFFlat\` of ${size(n)} vectors of ${d} components in ${nlist} lists, nprobe ${NPROBE}: ` +
  `${number(bytes / 1e9)} GB, with \`{ mappable: true }\` ${number(mappableBytes / 1e9)} GB. Its ids are read.`;

function render(rows) {
  const head = ['', 'open', 'first search', 'later searches', 'resident memory gained'];
  const mega = ({ median }) => `${number(median / 1e6)} MB`;
  const body = rows.map((row) =>
    row.reason === undefined
      ? [row.name, times(row.open), times(row.first), times(row.later), mega(row.resident)]
      : [row.name, `not measured: ${row.reason}`, '', '', ''],
  );
  return table([head, ...body], 1);
}

function describeMemory({ memory }) {
  if (memory === undefined) return 'Memory that is shared is counted on Linux only.';
  const lines = memory.map(({ way, sketches, bytes, processes, shared, resident }) => {
    const of = (value) => `${number(value / 1e6)} MB (${(value / bytes).toFixed(2)} × the file)`;
    const who = processes === 1 ? 'process that has' : 'processes that have';
    const what = `${way === 'map' ? 'mapped' : 'read'} it${sketches ? ', with sketches' : ''}`;
    return `- ${processes} ${who} ${what}: ${of(shared)} together (PSS), ${of(resident)} by their resident sizes (RSS).`;
  });
  return [`Memory gained. Wanted: ${MOST_SHARED} × the file for ${PROCESSES} processes together.`, '', ...lines].join(
    '\n',
  );
}
