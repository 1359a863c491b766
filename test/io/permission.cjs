// Reads and saves under Node's permission model, which allows <folder>/open and not <folder>/closed:
//
//   node permission.cjs <folder>
//
// Prints how many calls were allowed and how many were denied, as both should be.
const assert = require('node:assert');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { IndexFlatL2, readIndex, readIndexSync, writeIndex, writeIndexSync } = require('../../dist/index.js');
const { Index } = require('../../dist/faiss_node.js');

const folder = process.argv[2];
const count = { allowed: 0, denied: 0 };

async function denied(call, permission, resource) {
  await assert.rejects(async () => call(), { name: 'Error', code: 'ERR_ACCESS_DENIED', permission, resource });
  count.denied++;
}

async function main() {
  const index = new IndexFlatL2(2);
  const open = join(folder, 'open', 'new.faiss');
  for (const path of [open, Buffer.from(open), pathToFileURL(open)]) {
    await writeIndex(index, path);
    readIndexSync(path);
    await readIndex(path, { mmap: process.platform !== 'win32' });
    count.allowed++;
  }
  writeIndexSync(index, open);
  await readIndex(join(folder, 'open', 'there.faiss'));
  count.allowed += 2;

  const there = join(folder, 'closed', 'there.faiss');
  for (const path of [there, Buffer.from(there), pathToFileURL(there)]) {
    await denied(() => readIndex(path), 'FileSystemRead', there);
    await denied(() => readIndexSync(path), 'FileSystemRead', there);
    await denied(() => readIndex(path, { mmap: true }), 'FileSystemRead', there);
    await denied(() => readIndexSync(path, { mmap: true }), 'FileSystemRead', there);
    await denied(() => writeIndex(index, path), 'FileSystemWrite', there);
    await denied(() => writeIndexSync(index, path), 'FileSystemWrite', there);
  }
  const around = `${folder}/open/../closed/there.faiss`;
  await denied(() => readIndex(around), 'FileSystemRead', around);
  await denied(() => writeIndex(index, around), 'FileSystemWrite', around);
  await denied(() => Index.read(there), 'FileSystemRead', there);
  await denied(() => new Index(2).write(there), 'FileSystemWrite', there);
  console.log(JSON.stringify(count));
}

main();
