// The tarball under test: the one that was given, the work tree's with all of prebuilds/, or for a quick look the work tree's
// with the addon at hand in place of them.
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fail, root } from '../run.mjs';
import { makeProject } from './project.mjs';

/** Every target of the loader. */
export const targets = ['linux', 'win32', 'darwin'].flatMap((platform) =>
  ['x64', 'arm64'].flatMap((arch) => [
    `${platform}-${arch}`,
    ...(platform === 'linux' ? [`${platform}-${arch}-musl`] : []),
  ]),
);

/** The target of this process. */
export function thisTarget() {
  const { platform, arch } = process;
  const musl = platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined;
  return `${platform}-${arch}${musl ? '-musl' : ''}`;
}

/** @param {string} folder for what is made; @returns the path of the tarball */
export async function findTarball(given, quick, folder) {
  if (given !== undefined) {
    const path = resolve(given);
    if (!existsSync(path)) fail(`there is no ${path}`);
    return path;
  }
  if (!existsSync(join(root, 'dist/index.js'))) fail('dist/ is missing; run "npm run setup"');
  const packer = makeProject(join(folder, 'packer'));
  const pack = async (from, ...options) => {
    const text = await packer.npm('pack', from, '--ignore-scripts', '--json', ...options);
    return JSON.parse(text.slice(text.indexOf('[')))[0];
  };
  if (!quick) {
    const built = existsSync(join(root, 'prebuilds')) ? readdirSync(join(root, 'prebuilds')) : [];
    if (!built.includes(thisTarget())) {
      fail(`prebuilds/${thisTarget()} is missing; run "npm run prebuild", or use --quick to try the addon of build/`);
    }
    return join(packer.folder, (await pack(root)).filename);
  }

  const addon = join(root, 'build/Release/voronode.node');
  if (!existsSync(addon)) fail('build/Release/voronode.node is missing; run "npm run setup"');
  const { files } = await pack(root, '--dry-run');
  const stage = join(folder, 'stage');
  const paths = files.map(({ path }) => path).filter((path) => !/^(prebuilds|build)\//.test(path));
  const copies = paths.map((path) => [join(root, path), path]);
  for (const [from, to] of [...copies, [addon, `prebuilds/${thisTarget()}/voronode.node`]]) {
    mkdirSync(dirname(join(stage, to)), { recursive: true });
    copyFileSync(from, join(stage, to));
  }
  return join(packer.folder, (await pack(stage)).filename);
}
