// How much memory does taking vectors in need at most? A fresh process adds n × d in calls of 10 000 vectors; what its
// memory rose by at the highest is held against the bytes stored: of the vectors alone, and with their sketches, which add
// 8 bits a component and 8 bytes a vector. Fails when that is above 1.15 × stored + one batch. And how much does each of
// many small inverted files take?
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expected } from './expected.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { handOut } from './report.mjs';
import { number, size, table } from './table.mjs';

const ALLOWED = 1.15; // of the stored bytes
const SHAPE = { d: 128, n: 1_000_000 };
const SMALL = { count: 200, d: 64, n: 1000, nlist: 8, allowed: 0.5e6 };
const calls = ['add', 'addSync'];

export async function main(args) {
  const options = readOptions('memory', args);
  if (options === undefined) return 0;
  const asked = ['--d', '--n', '--data'].some((name) => args.some((arg) => arg === name || arg.startsWith(`${name}=`)));
  const shapes = asked ? uniqueSizes(options.shapes) : [SHAPE];
  const kinds = calls.flatMap((call) => [true, false].map((sketch) => ({ call, sketch })));
  const runs = shapes.flatMap((shape) => kinds.map((kind) => ({ ...shape, ...kind })));
  const results = { machine: machine(), command: options.command, rows: runs.map(measure), small: measureSmall(SMALL) };
  const markdown = [
    describe(results.machine),
    `Peak resident memory of a process that adds vectors in calls of 10 000, above what it had before it made its first ` +
      `batch. Allowed: ${ALLOWED} × stored + the batch.`,
    render(results.rows),
    describeSmall(results.small),
  ].join('\n\n');
  console.log(markdown);
  handOut('memory', options, { results, markdown });
  const kept = results.rows.every(({ grown, allowed }) => grown <= allowed);
  return kept && results.small.each <= results.small.allowed ? 0 : 1;
}

function uniqueSizes(shapes) {
  return [...new Map(shapes.map(({ d, n }) => [`${d}x${n}`, { d, n }])).values()];
}

function measure({ d, n, call, sketch }) {
  const { baseline, peak, batch } = runChild('memory_child.mjs', [d, n, call, sketch ? 'sketch' : 'plain']);
  const floats = n * d * 4;
  const stored = floats + (sketch && d >= 4 ? n * (4 * Math.ceil(d / 4) + 8) : 0);
  return {
    d,
    n,
    call,
    sketch,
    floats,
    baseline,
    peak,
    batch,
    stored,
    grown: peak - baseline,
    allowed: ALLOWED * stored + batch,
  };
}

function measureSmall(small) {
  const { count, d, n, nlist } = small;
  const { each } = runChild('memory_small_child.mjs', [count, d, n, nlist]);
  return { ...small, stored: n * (4 * d + 8 + d + 8), each };
}

function runChild(name, args) {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args.map(String)], { encoding: 'utf8' });
  if (status !== 0) throw expected(`${program} failed: ${stderr}`);
  return JSON.parse(stdout);
}

function describeSmall({ count, d, n, nlist, stored, each, allowed }) {
  const mega = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
  return (
    `${count} \`IndexIVFFlat\` of ${d} × ${size(n)} in ${nlist} lists, trained and held: ${mega(each)} of resident memory ` +
    `each, ${mega(stored)} of it stored. Allowed: ${mega(allowed)}; ${each <= allowed ? 'kept' : 'EXCEEDED'}.`
  );
}

function render(rows) {
  const mega = (bytes) => `${number(bytes / 1e6)} MB`;
  const head = ['vectors', 'call', 'stored', 'batch', 'peak growth', '÷ stored', '÷ float32 bytes', 'allowed', ''];
  const body = rows.map(({ d, n, call, sketch, floats, stored, batch, grown, allowed }) => [
    `${d} × ${size(n)}`,
    sketch ? call : `${call}, no sketch`,
    mega(stored),
    mega(batch),
    mega(grown),
    (grown / stored).toFixed(3),
    (grown / floats).toFixed(3),
    mega(allowed),
    grown <= allowed ? 'kept' : 'EXCEEDED',
  ]);
  return table([head, ...body], 2);
}
