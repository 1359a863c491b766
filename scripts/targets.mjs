// The state of the prebuilt binaries, as a table: `npm run targets [-- target…]`. Each that this machine can run, itself or by
// an emulator, goes through the functional test (test/functional) at every instruction set; of the others it says that they
// were not run. Ends with 1 if a binary that is there fails.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBinary } from './prebuild/check.mjs';
import { functional } from './prebuild/functional.mjs';
import { runs } from './prebuild/runs.mjs';
import { TARGETS } from './prebuild/targets.mjs';
import { fail, root } from './run.mjs';

const MANIFEST = join(root, 'prebuilds/manifest.json');
const manifest = existsSync(MANIFEST) ? JSON.parse(readFileSync(MANIFEST, 'utf8')) : {};

/** Whether the file is the one that was checked when it was built. */
function binary(name) {
  const path = join(root, 'prebuilds', name, 'voronode.node');
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const { errors } = checkBinary(TARGETS[name], bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (manifest[name]?.sha256 !== sha256) errors.push('is not the one of the manifest');
  return { path, size: bytes.length, errors };
}

/** All instruction sets that one way of running offers. */
function pass(run, file) {
  const first = functional(run, { binary: file });
  const levels = first.report?.targets ?? [];
  const forced = levels.map((level) => [level, functional(run, { binary: file, simd: level })]);
  return { run, first, forced };
}

function row(name) {
  const found = binary(name);
  const cells = { target: name, built: found ? 'yes' : 'no', size: '', floor: TARGETS[name].floor };
  if (!found) return { cells: { ...cells, loaded: 'not run', functional: 'not run', simd: 'not run' }, errors: [] };
  cells.size = `${Math.round(found.size / 1024)} KiB`;
  const needs = manifest[name]?.needs;
  if (needs) cells.floor += ` (needs ${needs})`;
  const errors = found.errors.map((error) => `${name}: the binary ${error}`);
  const { possible, missing } = runs(name);
  const passes = possible.map((run) => pass(run, found.path));
  for (const { run, first, forced } of passes) {
    const failed = [['', first], ...forced].filter(([, { report }]) => !report);
    for (const [level, { error }] of failed) errors.push(`${name}, ${run.name} ${level}:\n${error}`);
  }
  const where = (ok) => passes.map(({ run, first }) => `${ok(first) ? 'yes' : 'NO'} (${run.name})`).join(', ');
  cells.loaded = where(({ loaded }) => loaded) || 'not run';
  cells.functional = where(({ report }) => report) || 'not run';
  cells.simd =
    passes
      .map(
        ({ run, forced }) =>
          `${forced.map(([level, { report }]) => `${level}${report ? '' : ' NO'}`).join(' ')} (${run.name})`,
      )
      .join(', ') || 'not run';
  return { cells, errors, missing };
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(TARGETS);
const unknown = names.filter((name) => !(name in TARGETS));
if (unknown.length > 0) fail(`unknown: ${unknown.join(', ')}. The targets are ${Object.keys(TARGETS).join(', ')}`);
if (!existsSync(join(root, 'dist/index.js'))) fail('dist/ is missing; run "npm run setup"');

const rows = names.map(row);
console.log('| target | built | size | floor | loaded | functional test | forced SIMD levels, same bits |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const { cells } of rows) console.log(`| ${Object.values(cells).join(' | ')} |`);
const missing = rows.flatMap(({ cells, missing = [] }) => missing.map((why) => `${cells.target}: ${why}`));
if (missing.length > 0) console.log(`\nNot run here:\n${missing.map((line) => `- ${line}`).join('\n')}`);
const errors = rows.flatMap(({ errors }) => errors);
if (errors.length > 0) fail(errors.join('\n\n'));
