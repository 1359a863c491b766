// Runs vitest on other versions of Node, taken from npm: `npm run test:node-versions [-- files and options of vitest]`.
// The versions are in the environment variable NODE_VERSIONS, '22 24' without it.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root, run, succeeds } from './run.mjs';

const { platform, arch, env } = process;
if (platform !== 'linux' || !['x64', 'arm64'].includes(arch)) {
  console.log(`skipped: npm has no package of Node for ${platform} ${arch} that this script knows`);
  process.exit(0);
}

/** The path of a Node of the given major version, installed under .cache/ on first use. */
function install(version) {
  const folder = join(root, '.cache', `node-${version}`);
  const name = `node-linux-${arch}`;
  const program = join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const options = ['--no-save', '--no-package-lock', '--no-fund', '--no-audit', '--ignore-scripts'];
  const installed = succeeds('npm', ['install', '--prefix', folder, ...options, `${name}@${version}`]);
  return installed && existsSync(program) ? program : undefined;
}

for (const version of (env.NODE_VERSIONS ?? '22 24').split(' ')) {
  const node = install(version);
  if (node === undefined) {
    // In CI a version that cannot be had is a failure; on a developer's machine it may be offline.
    if (env.CI) fail(`Node ${version} could not be installed from npm`);
    console.log(`skipped: Node ${version} could not be installed from npm`);
    continue;
  }
  run(node, ['--version']);
  run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]);
}
