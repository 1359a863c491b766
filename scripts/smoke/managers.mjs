// Other package managers than npm, each with a store and caches of its own that are empty.
import { join } from 'node:path';
import { fromNpm } from '../from-npm.mjs';
import { must, mustPrint, notInstalled } from './outcome.mjs';
import { uses } from './use.mjs';

function manager(name, version, script) {
  const folder = fromNpm(name.replace(/^@|\//g, ''), { [name]: version });
  if (folder === undefined) throw notInstalled(name);
  return join(folder, 'node_modules', name, script);
}

/** pnpm 10 and later run no install scripts of dependencies; the package has none. */
async function pnpm({ tarball, project }) {
  const pnpm = manager('pnpm', '10.34.9', 'bin/pnpm.cjs');
  const app = project();
  app.copy('both.mjs', 'require.cjs');
  const text = await app.run(app.node, [pnpm, 'add', tarball, '--store-dir', join(app.folder, '.store')]);
  must(!/ignored build scripts/i.test(text), `pnpm found install scripts:\n${text}`);
  for (const file of ['both.mjs', 'require.cjs']) mustPrint(await app.run(app.node, [file]), uses[file]);
  return (await app.run(app.node, [pnpm, '--version'])).trim();
}

/** Plug'n'Play: no node_modules at all; yarn keeps packages zipped, but unpacks those with binaries. */
async function yarnPnp({ tarball, project }) {
  const yarn = manager('@yarnpkg/cli-dist', '4.18.1', 'bin/yarn.js');
  const app = project();
  app.copy('both.mjs', 'require.cjs');
  app.write(
    '.yarnrc.yml',
    'nodeLinker: pnp\nenableTelemetry: false\nenableGlobalCache: false\nenableScripts: false\npnpEnableEsmLoader: true\n',
  );
  app.write('yarn.lock', '');
  await app.run(app.node, [yarn, 'add', `voronode@file:${tarball}`]);
  must(!app.exists('node_modules'), 'yarn made a node_modules');
  for (const file of ['both.mjs', 'require.cjs']) {
    mustPrint(await app.run(app.node, [yarn, 'node', file]), uses[file]);
  }
  return (await app.run(app.node, [yarn, '--version'])).trim();
}

export const managerChecks = [
  { name: 'pnpm', what: 'pnpm 10', run: pnpm },
  { name: 'yarn-pnp', what: "yarn 4, Plug'n'Play", run: yarnPnp },
];
