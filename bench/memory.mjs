// How much memory does taking vectors in need at most? A fresh process adds n × d in calls of 10 000 vectors; what its
// memory rose by at the highest is held against the bytes stored. Fails when that is above 1.15 × stored + one batch.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expected } from './expected.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { handOut } from './report.mjs';
import { number, size, table } from './table.mjs';

const ALLOWED = 1.15; // of the stored float32 bytes
const SHAPE = { d: 128, n: 1_000_000 };
const calls = ['add', 'addSync'];

export async function main(args) {
  const options = readOptions('memory', args);
  if (options === undefined) return 0;
  const asked = ['--d', '--n', '--data'].some((name) => args.some((arg) => arg === name || arg.startsWith(`${name}=`)));
  const shapes = asked ? uniqueSizes(options.shapes) : [SHAPE];
  const runs = shapes.flatMap(({ d, n }) => calls.map((call) => ({ d, n, call })));
  const results = { machine: machine(), command: options.command, rows: runs.map(measure) };
  const markdown = [
    describe(results.machine),
    `Peak resident memory of a process that adds vectors in calls of 10 000, above what it had before it made its first ` +
      `batch. Allowed: ${ALLOWED} × stored + the batch.`,
    render(results.rows),
  ].join('\n\n');
  console.log(markdown);
  handOut('memory', options, { results, markdown });
  return results.rows.every(({ grown, allowed }) => grown <= allowed) ? 0 : 1;
}

function uniqueSizes(shapes) {
  return [...new Map(shapes.map(({ d, n }) => [`${d}x${n}`, { d, n }])).values()];
}

function measure({ d, n, call }) {
  const program = fileURLToPath(new URL('memory_child.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, d, n, call].map(String), {
    encoding: 'utf8',
  });
  if (status !== 0) throw expected(`${program} failed: ${stderr}`);
  const { baseline, peak, batch } = JSON.parse(stdout);
  const stored = n * d * 4;
  return { d, n, call, baseline, peak, batch, stored, grown: peak - baseline, allowed: ALLOWED * stored + batch };
}

function render(rows) {
  const mega = (bytes) => `${number(bytes / 1e6)} MB`;
  const head = ['vectors', 'call', 'stored', 'batch', 'peak growth', '÷ stored', 'allowed', ''];
  const body = rows.map(({ d, n, call, stored, batch, grown, allowed }) => [
    `${d} × ${size(n)}`,
    call,
    mega(stored),
    mega(batch),
    mega(grown),
    (grown / stored).toFixed(3),
    mega(allowed),
    grown <= allowed ? 'kept' : 'EXCEEDED',
  ]);
  return table([head, ...body], 2);
}
