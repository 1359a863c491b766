// Runs test/realms/ in jest and in vitest, whose tests run in realms of their own, and which `instanceof` does not cross:
// `npm run test:realms [-- <tarball of voronode>]`.
//
// The packages of test/realms/package-lock.json are installed into .cache/realms, unless they are there; voronode is packed
// and unpacked beside them.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, newest, npm, root, run, succeeds } from './run.mjs';
import { findTarball } from './smoke/pack.mjs';

const project = join(root, '.cache', 'realms');
const jest = join(project, 'node_modules', 'jest', 'bin', 'jest.js');
const vitest = join(project, 'node_modules', 'vitest', 'vitest.mjs');

const runs = [
  ['jest, node', [jest, '--config', join(project, 'jest.config.cjs'), '--env', 'node']],
  ['jest, jsdom', [jest, '--config', join(project, 'jest.config.cjs'), '--env', 'jsdom']],
  ...['vmThreads', 'vmForks'].flatMap((pool) =>
    ['node', 'jsdom'].map((environment) => [
      `vitest ${pool}, ${environment}`,
      [vitest, 'run', '--root', project, '--pool', pool, '--environment', environment],
    ]),
  ),
];

function install() {
  cpSync(join(root, 'test', 'realms'), project, { recursive: true });
  if (newest('.cache/realms/node_modules/.package-lock.json') >= newest('test/realms/package-lock.json')) return;
  npm('ci', '--prefix', project, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline');
}

function unpack(tarball) {
  const into = join(project, 'node_modules', 'voronode');
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into);
  run('tar', ['-xzf', tarball, '-C', into, '--strip-components=1']);
}

mkdirSync(project, { recursive: true });
install();
const folder = mkdtempSync(join(tmpdir(), 'voronode-realms-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
unpack(await findTarball(process.argv[2], true, folder));
const failed = runs.filter(([name, args]) => {
  console.log(`\n--- ${name}`);
  return !succeeds(process.execPath, args);
});
if (failed.length > 0) fail(`tests failed in ${failed.map(([name]) => name).join('; ')}`);
console.log(`realms: ${runs.length} runs passed`);
