// Installs the packed package into empty projects and uses it as its users do: `npm run smoke [-- <tarball>] [options]`.
//
//   npm run smoke                          packs the work tree, which needs prebuilds/ (npm run prebuild)
//   npm run smoke -- voronode-0.1.0.tgz    another tarball
//   npm run smoke -- --quick               the addon of build/Release instead of prebuilds/, and the checks that take seconds
//   npm run smoke -- --only node,esbuild   some checks; a name stands for all that begin so
//   npm run smoke -- --list                what there is
//
// The projects (smoke/project.mjs) have an empty npm cache and no compiler. Runtimes and bundlers come from npm, into .cache/.
// What cannot be run on this machine is said to be so; in CI (the environment variable CI) what npm cannot install fails.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../bench/table.mjs';
import { fail } from './run.mjs';
import { bundlerChecks } from './smoke/bundlers.mjs';
import { elsewhereChecks } from './smoke/elsewhere.mjs';
import { emulatedChecks } from './smoke/emulated.mjs';
import { managerChecks } from './smoke/managers.mjs';
import { nextChecks } from './smoke/next.mjs';
import { NotHere } from './smoke/outcome.mjs';
import { findTarball } from './smoke/pack.mjs';
import { packageChecks } from './smoke/package.mjs';
import { makeProject } from './smoke/project.mjs';
import { runtimeChecks } from './smoke/runtimes.mjs';
import { testerChecks } from './smoke/testers.mjs';
import { useChecks } from './smoke/use.mjs';

const checks = [
  ...useChecks,
  ...packageChecks,
  ...runtimeChecks,
  ...bundlerChecks,
  ...nextChecks,
  ...testerChecks,
  ...managerChecks,
  ...emulatedChecks,
  ...elsewhereChecks,
];

function readOptions() {
  const options = { only: { type: 'string' }, quick: { type: 'boolean' }, list: { type: 'boolean' } };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length > 1) throw new Error('one tarball at most');
    return { ...values, tarball: positionals[0] };
  } catch (error) {
    return fail(`${error.message}; usage: npm run smoke [-- <tarball>] [--quick] [--only name,name] [--list]`);
  }
}

function choose({ only, quick }) {
  if (only === undefined) return checks.filter((check) => !quick || check.quick);
  const names = only.split(',').filter(Boolean);
  const matches = (check, name) => check.name === name || check.name.startsWith(`${name}-`);
  const unknown = names.find((name) => !checks.some((check) => matches(check, name)));
  if (unknown !== undefined)
    fail(`there is no check "${unknown}"; there are ${checks.map(({ name }) => name).join(', ')}`);
  return checks.filter((check) => names.some((name) => matches(check, name)));
}

/** Runs one check in folders of its own; prints and returns its row. */
async function perform(check, given, folder) {
  let projects = 0;
  mkdirSync(folder);
  const project = (options) => makeProject(join(folder, `project${++projects}`), options);
  const start = performance.now();
  const row = { name: check.name, what: check.what, result: 'passed', detail: '' };
  try {
    row.detail = (await check.run({ ...given, name: check.name, project })) ?? '';
  } catch (error) {
    const skipped = error instanceof NotHere;
    row.result = skipped ? 'not run here' : 'FAILED';
    row.detail = error.message.split('\n', 1)[0];
    if (!skipped) console.error(error.message);
  }
  rmSync(folder, { recursive: true });
  row.seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  console.log(`${row.name}: ${row.result}, ${row.seconds}${row.detail && `; ${row.detail}`}`);
  return row;
}

const options = readOptions();
if (options.list) {
  for (const { name, what, quick } of checks) console.log(`${name.padEnd(20)} ${what}${quick ? ' (quick)' : ''}`);
  process.exit(0);
}
const chosen = choose(options);
const work = mkdtempSync(join(tmpdir(), 'voronode-smoke-'));
const rows = [];
try {
  const tarball = await findTarball(options.tarball, options.quick, work);
  const given = { tarball, quick: options.quick };
  for (const check of chosen) rows.push(await perform(check, given, join(work, check.name)));
} finally {
  rmSync(work, { recursive: true });
}
const head = ['check', 'what', 'result', 'time', 'remarks'];
const body = rows.map(({ name, what, result, seconds, detail }) => [name, what, result, seconds, detail]);
console.log(`\n${table([head, ...body], head.length)}`);
const count = (result) => rows.filter((row) => row.result === result).length;
console.log(`\nsmoke: ${count('passed')} passed, ${count('FAILED')} failed, ${count('not run here')} not run here`);
process.exitCode = count('FAILED') > 0 ? 1 : 0;
