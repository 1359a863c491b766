// Runs vitest on other versions of Node, taken from npm: `npm run test:node-versions [-- files and options of vitest]`.
// The versions are in the environment variable NODE_VERSIONS, '22 24' without it.
import { join } from 'node:path';
import { nodeProgram, noRuntimes } from './from-npm.mjs';
import { fail, root, run } from './run.mjs';

const { env } = process;
const missing = noRuntimes();
if (missing !== undefined) {
  console.log(`skipped: ${missing}`);
  process.exit(0);
}

for (const version of (env.NODE_VERSIONS ?? '22 24').split(' ')) {
  const node = nodeProgram(version);
  if (node === undefined) {
    // In CI a version that cannot be had is a failure; on a developer's machine it may be offline.
    if (env.CI) fail(`Node ${version} could not be installed from npm`);
    console.log(`skipped: Node ${version} could not be installed from npm`);
    continue;
  }
  run(node, ['--version']);
  run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]);
}
