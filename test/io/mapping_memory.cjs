// One of several processes that map one file: `node mapping_memory.cjs <file>`. For each line that comes in it does what the
// next step is, and answers with its proportional set size in kB: what is shared counts in parts.
const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const { IndexFlatL2, readIndexSync } = require('../../dist/index.js');

function search(index) {
  index.searchSync(new Float32Array(index.d), 3);
}

// All that happens once.
const first = new IndexFlatL2(4);
first.addSync(new Float32Array(4000));
search(first);

let index;
const steps = [
  () => undefined,
  () => {
    index = readIndexSync(process.argv[2], { mmap: true });
    for (let i = 0; i < 3; i++) search(index);
  },
  () => undefined,
  () => process.exit(),
];
createInterface({ input: process.stdin }).on('line', () => {
  steps.shift()();
  globalThis.gc();
  console.log(Number(/^Pss:\s*(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))[1]));
});
