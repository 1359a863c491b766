// The package as such: what is in it, what the linters of packages say, and what a registry is told when it is published.
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fromNpm } from '../from-npm.mjs';
import { thisTarget } from '../prebuild/targets.mjs';
import { root } from '../run.mjs';
import { deadLinks } from './links.mjs';
import { must, notInstalled } from './outcome.mjs';
import { targets } from './pack.mjs';
import { published } from './registry.mjs';

const ATTW = '0.18.5';
const NEEDED = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'sbom.cdx.json',
];
/** Rooms of the repository that are of no use to whoever installs the package. */
const UNWANTED = ['test', 'bench', 'build', 'node_modules', '.ci', '.github', 'binding.gyp'];

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

async function contents({ tarball, quick, project }) {
  const app = project();
  await app.install(tarball);
  const folder = join(app.folder, 'node_modules/voronode');
  const top = readdirSync(folder);
  for (const name of NEEDED) must(top.includes(name), `the package lacks ${name}`);
  for (const name of UNWANTED) must(!top.includes(name), `the package must not carry ${name}`);
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  must(dependencies === undefined && optionalDependencies === undefined, 'the package has dependencies');

  const missing = targets.filter((target) => !app.exists(`node_modules/voronode/prebuilds/${target}/voronode.node`));
  const allowed = quick ? targets.filter((target) => target !== thisTarget()) : [];
  const lacking = missing.filter((target) => !allowed.includes(target));
  must(lacking.length === 0, `the package lacks the binaries for ${lacking.join(', ')}`);
  const all = readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, name)));
  const files = all.filter((each) => each.isFile());
  const size = files.reduce((sum, each) => sum + each.size, 0);
  const binaries = `${targets.length - missing.length} of ${targets.length} binaries`;
  return `${binaries}; ${files.length} files, ${megabytes(size)}, packed ${megabytes(statSync(tarball).size)}`;
}

async function links({ tarball, project }) {
  const app = project();
  await app.install(tarball);
  const dead = deadLinks(join(app.folder, 'node_modules/voronode'));
  must(dead.length === 0, `links of the package lead to nothing: ${dead.join(', ')}`);
}

async function publint({ tarball, project }) {
  const app = project();
  const text = await app.run(app.node, [
    join(root, 'node_modules/publint/src/cli.js'),
    'run',
    tarball,
    '--strict',
    '--pack',
    'false',
  ]);
  must(/All good/i.test(text), text);
}

/** "Are the types wrong": of every entry point, for each way of resolving modules. */
async function attw({ tarball, project }) {
  const folder = fromNpm('attw', { '@arethetypeswrong/cli': ATTW });
  if (folder === undefined) throw notInstalled('@arethetypeswrong/cli');
  const app = project();
  const script = join(folder, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  const text = await app.run(app.node, [script, tarball, '--no-emoji', '--format', 'ascii', '--no-color']);
  must(/No problems found/.test(text), text);
}

/** A registry runs what the manifest says, whatever package.json in the tarball says: npm adds to it when it publishes. */
async function manifest({ tarball, project }) {
  const app = project();
  copyFileSync(tarball, join(app.folder, 'package.tgz'));
  const { document, versions } = await published(app, './package.tgz');
  const [version] = versions;
  must(versions.length === 1, `published ${versions.length} versions`);
  const scripts = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
  const found = scripts.filter((name) => version.scripts?.[name] !== undefined);
  must(
    found.length === 0,
    `the manifest has install scripts: ${found.map((name) => `${name}: ${version.scripts[name]}`)}`,
  );
  must(
    version.gypfile !== true && version.hasInstallScript !== true,
    'the manifest says that the package must be built',
  );
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  must(version.dist.integrity === integrity, 'what was published is not the tarball');
  return `${document._id}@${version.version}: no install script, gypfile ${version.gypfile}`;
}

export const packageChecks = [
  { name: 'contents', quick: true, what: 'files and binaries of the package', run: contents },
  { name: 'links', quick: true, what: 'links of its pages', run: links },
  { name: 'publint', quick: true, what: 'publint --strict', run: publint },
  { name: 'attw', what: '@arethetypeswrong/cli', run: attw },
  { name: 'manifest', quick: true, what: 'npm publish to a registry of our own', run: manifest },
];
