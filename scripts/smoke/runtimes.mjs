// The same binary on every runtime: the programs of use.mjs and the functional test.
import { join } from 'node:path';
import { fromNpm, nodeProgram, noRuntimes } from '../from-npm.mjs';
import { root } from '../run.mjs';
import { must, mustPrint, NotHere, notInstalled } from './outcome.mjs';
import { uses } from './use.mjs';

const BUN = '1.4.5';
const DENO = '2.9.6';
/** What docs/bundlers.md names; the programs write files, and the functional test asks about the system. */
const PERMISSIONS = ['--allow-ffi', '--allow-read', '--allow-env', '--allow-write', '--allow-sys'];
const { arch } = process;
const functional = join(root, 'test/functional/run.cjs');

/** The program; throws the reason why the check cannot be run. */
function runtime(name, find) {
  const reason = noRuntimes();
  if (reason !== undefined) throw new NotHere(reason);
  const program = find();
  if (program === undefined) throw notInstalled(name);
  return program;
}

function bunProgram() {
  const name = `@oven/bun-linux-${arch === 'arm64' ? 'aarch64' : arch}`;
  const folder = fromNpm('bun', { [name]: BUN });
  return folder && join(folder, 'node_modules', name, 'bin/bun');
}

function denoProgram() {
  const name = `@deno/linux-${arch}-glibc`;
  const folder = fromNpm('deno', { [name]: DENO });
  return folder && join(folder, 'node_modules', name, 'deno');
}

const on = (what, find, args, isNode) => async (given) => {
  const program = runtime(what, find);
  const app = given.project(isNode ? { node: program } : {}); // then npm runs on it as well
  await app.install(given.tarball);
  for (const [file, line] of Object.entries(uses)) {
    app.copy(file);
    mustPrint(await app.run(program, [...args, file]), line);
  }
  const text = await app.run(program, [...args, functional, join(app.folder, 'node_modules/voronode')]);
  const said = JSON.parse(text.split('\n').findLast((line) => line.startsWith('{')) ?? '{}');
  must(said.checks !== undefined, `the functional test did not reach its end:\n${text}`);
  const checks = Object.values(said.checks).reduce((sum, count) => sum + count);
  return `${said.runtime}, ${said.target}; ${checks} functional checks in ${said.seconds} s`;
};

export const runtimeChecks = [
  ...[20, 22, 24, 26].map((version) => ({
    name: `node-${version}`,
    quick: version === 26,
    what: `Node ${version}`,
    run: on(`Node ${version}`, () => nodeProgram(String(version)), [], true),
  })),
  { name: 'bun', quick: true, what: 'Bun', run: on('Bun', bunProgram, []) },
  {
    name: 'deno',
    quick: true,
    what: 'Deno',
    run: on('Deno', denoProgram, ['run', '--quiet', ...PERMISSIONS]),
  },
];
