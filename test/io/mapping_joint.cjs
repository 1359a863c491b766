// Searches that share a run, on a file that was cut after another part of the program had put in its handler of SIGBUS:
// `node mapping_joint.cjs <file>`. Prints how many were refused, how many signals that
// handler saw, and how many after one was sent.
const { truncateSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { IndexFlatL2, readIndexSync, writeIndexSync } = require('../../dist/index.js');

const d = 64;

async function main(path) {
  const made = new IndexFlatL2(d);
  made.addSync(new Float32Array(d * 20_000));
  writeIndexSync(made, path);
  const index = readIndexSync(path, { mmap: true });
  const busy = made.search(new Float32Array(d * 1000), 10); // all threads, so that the others wait for each other
  let signals = 0;
  process.on('SIGBUS', () => signals++);
  truncateSync(path, 4096);
  const calls = Array.from({ length: 64 }, () => index.search(new Float32Array(d), 3));
  const refused = (await Promise.allSettled(calls)).filter(({ reason }) => reason?.code === 'ERR_VORONODE_CORRUPT');
  await busy;
  console.log(refused.length, signals);
  process.kill(process.pid, 'SIGBUS'); // this one is that handler's
  while (signals === 0) await sleep(1);
  console.log(signals);
  process.exit();
}

main(process.argv[2]);
