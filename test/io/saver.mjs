// A process that saves, for tests that kill it or make its system calls fail.
//
//   node saver.mjs loop <path>    saves version 0, says so, then versions 1, 0, 1, … over each other for ever
//   node saver.mjs once <path>    waits for a line on stdin, saves version 1 in place, prints the error's fields as JSON or null
//   node saver.mjs exit <path>    saves 80 MB, and ends when the temporary file is there
//   node saver.mjs throw <path>   likewise, by an uncaught error
//
// It speaks to the addon itself: lib/ need not be compiled.
import { readdirSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const binary =
  process.env.VORONODE_BINARY || fileURLToPath(new URL('../../build/Release/voronode.node', import.meta.url));
const addon = createRequire(import.meta.url)(binary);
const [mode, path] = process.argv.slice(2);

// As `version` in crash.test.ts makes them.
const versions = [3000, 1000].map((n, version) => {
  const index = addon.flat(64, 1, true);
  addon.addSync(index, new Float32Array(n * 64).fill(version + 1));
  return index;
});

if (mode === 'loop') {
  addon.writeIndexSync(versions[0], path, true, false);
  writeSync(1, 'saved\n');
  for (let i = 1; ; i++) addon.writeIndexSync(versions[i % 2], path, true, false);
}
if (mode === 'exit' || mode === 'throw') {
  const large = addon.flat(1000, 1, true);
  addon.addSync(large, new Float32Array(20_000 * 1000));
  const folder = dirname(path);
  const temporaries = () => readdirSync(folder).filter((name) => name.startsWith('.voronode-'));
  addon.writeIndex(large, path, true, false).catch(() => undefined);
  while (temporaries().length === 0);
  writeSync(1, 'saving\n');
  if (mode === 'throw') throw new Error('uncaught');
  process.exit(0);
}
writeSync(1, 'waiting\n');
readSync(0, Buffer.alloc(1));
let failure = null;
try {
  addon.writeIndexSync(versions[1], path, true, false);
} catch ({ code, errno, syscall, path: of, message }) {
  failure = { code, errno, syscall, path: of, message };
}
writeSync(1, `${JSON.stringify(failure)}\n`);
