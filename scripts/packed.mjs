// Both packages packed, voronode and packages/faiss-node, and a registry that has them and no others.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { fail, root } from './run.mjs';
import { findTarball } from './smoke/pack.mjs';
import { makeProject } from './smoke/project.mjs';

/**
 * @param {string | undefined} tarball of voronode; else the work tree is packed, with the addon at hand
 * @param {string} folder for what is made
 * @returns {Promise<{ voronode: object, faissNode: object }>} path and manifest of each
 */
export async function packBoth(tarball, folder) {
  const voronode = await findTarball(tarball, true, folder);
  const packer = makeProject(join(folder, 'faiss-node'));
  const text = await packer.npm('pack', join(root, 'packages', 'faiss-node'), '--json');
  const [{ filename }] = JSON.parse(text.slice(text.indexOf('[')));
  const packed = (path) => ({ path, manifest: manifestIn(path) });
  return { voronode: packed(voronode), faissNode: packed(join(packer.folder, filename)) };
}

function manifestIn(path) {
  const { status, stdout } = spawnSync('tar', ['-xzOf', path, 'package/package.json'], { encoding: 'utf8' });
  if (status !== 0) fail(`${path} is not a packed package`);
  return JSON.parse(stdout);
}

/** Serves packed packages on the loopback address; call `close` in the end. */
export async function serve(packages) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url).slice(1);
    const tarball = packages.find((each) => path === basename(each.path));
    if (tarball !== undefined) return response.end(readFileSync(tarball.path));
    const found = packages.find(({ manifest }) => path === manifest.name);
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ? documentOf(found, `http://${request.headers.host}`) : {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** What a registry tells of a package. */
function documentOf({ manifest, path }, registry) {
  const { name, version } = manifest;
  const integrity = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`;
  const dist = { tarball: `${registry}/${basename(path)}`, integrity };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}
