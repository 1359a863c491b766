// The package is loaded, and a file mapped, in a worker only, which ends: Node unloads the addon, whose handler of SIGBUS
// must go with it. `node mapping_unloaded.cjs <file>`; then the process sends the signal to itself.
const { Worker, isMainThread, workerData } = require('node:worker_threads');

if (isMainThread) {
  const worker = new Worker(__filename, { workerData: process.argv[2] });
  worker.on('exit', (code) => {
    console.log(`worker ${code}`);
    process.kill(process.pid, 'SIGBUS');
    setTimeout(() => console.log('alive'), 2000);
  });
} else {
  const { readIndexSync } = require('../../dist/index.js');
  console.log(readIndexSync(workerData, { mmap: true }).searchSync(Float32Array.of(0, 0), 1).labels.length);
}
