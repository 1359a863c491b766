// Opens a file and searches it. Prints seconds, bytes of resident memory gained, and the answer:
//
//   node mapped_child.mjs map | read  <file>
//
// With a third argument, `steps`: a step for each line that comes in, and after each its memory, in bytes.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { IndexFlatL2, readIndexSync } from 'voronode';
import { memory } from './process_memory.mjs';

const [way, path, mode] = process.argv.slice(2);
const LATER = 5;

const open = () => readIndexSync(path, { mmap: way === 'map' });
const search = (index) => index.searchSync(new Float32Array(index.d).fill(0.1), 10);

// What happens once, whatever is opened: code is compiled, threads start.
const warm = new IndexFlatL2(64);
warm.addSync(new Float32Array(64 * 50_000));
search(warm);
warm.close();

function measure() {
  const before = memory().now;
  const timed = (call) => {
    const start = performance.now();
    const result = call();
    return [(performance.now() - start) / 1e3, result];
  };
  const [seconds, index] = timed(open);
  const [first, { labels, distances }] = timed(() => search(index));
  const [later] = timed(() => {
    for (let i = 0; i < LATER; i++) search(index);
  });
  console.log(
    JSON.stringify({
      open: seconds,
      first,
      later: later / LATER,
      resident: memory().now - before,
      labels: labels.join(),
      distances: distances.join(),
    }),
  );
}

/** The proportional set size counts a page that n processes share as an n-th. */
function tell() {
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const field = (name) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(rollup)[1]) * 1024;
  console.log(JSON.stringify({ shared: field('Pss'), resident: field('Rss') }));
}

let index;
const steps = [
  () => undefined,
  () => {
    index = open();
    search(index);
  },
  () => search(index),
];

if (mode === 'steps') {
  createInterface({ input: process.stdin }).on('line', () => {
    steps.shift()();
    tell();
  });
} else {
  measure();
}
