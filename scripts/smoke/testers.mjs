// Tests of programs that use the package: jest, and vitest in each of its pools. What results and errors are there, to
// `instanceof` and to `toEqual`, is the matter of realms.mjs.
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fromNpm } from '../from-npm.mjs';
import { root } from '../run.mjs';
import { must, notInstalled } from './outcome.mjs';

const JEST = '30.5.2';
const REALMS = join(root, 'scripts/realms.mjs');

async function jest({ tarball, project }) {
  const folder = fromNpm('jest', { jest: JEST });
  if (folder === undefined) throw notInstalled('jest');
  const app = project();
  await app.install(tarball);
  app.copy('jest.test.cjs');
  const script = join(folder, 'node_modules/jest/bin/jest.js');
  const text = await app.run(app.node, [script, '--rootDir', app.folder, '--ci', '--no-watchman']);
  must(/^Tests: +1 passed, 1 total$/m.test(text), text);
  return `jest ${JEST}`;
}

/** vitest is a development package. */
const vitest =
  (pool) =>
  async ({ tarball, project }) => {
    const app = project();
    await app.install(tarball);
    symlinkSync(join(root, 'node_modules/vitest'), join(app.folder, 'node_modules/vitest'), 'junction');
    app.copy('vitest.test.mjs');
    const script = join(root, 'node_modules/vitest/vitest.mjs');
    const env = { NO_COLOR: '1' };
    const text = await app.run(app.node, [script, 'run', '--root', app.folder, '--pool', pool], { env });
    must(/^ +Tests +1 passed \(1\)$/m.test(text), text);
    return `vitest ${JSON.parse(readFileSync(join(root, 'node_modules/vitest/package.json'), 'utf8')).version}`;
  };

async function realms({ tarball, project }) {
  const app = project();
  await app.run(app.node, [REALMS, tarball], { cwd: root, env: process.env });
}

export const testerChecks = [
  { name: 'jest', what: 'jest', run: jest },
  ...['threads', 'forks', 'vmThreads'].map((pool) => ({
    name: `vitest-${pool}`,
    quick: pool === 'vmThreads',
    what: `vitest, pool ${pool}`,
    run: vitest(pool),
  })),
  { name: 'realms', what: 'results and errors under jest and vitest', run: realms },
];
