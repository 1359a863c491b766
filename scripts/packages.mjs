// Packing, publishing to a registry of one's own and installing, for tests of the packages as users get them.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { fail } from './run.mjs';

/** Runs a program, its output shown, without blocking: a registry may serve it from this process. */
export async function start(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) fail(`failed (${signal ?? code}): ${[command, ...args].join(' ')}`);
}

/** npm in a folder: the one that runs this script, else the one on the PATH. */
export function npm(cwd, ...args) {
  const path = process.env.npm_execpath ?? '';
  const own = basename(path) === 'npm-cli.js';
  const shell = !own && process.platform === 'win32'; // npm.cmd
  return start(own ? process.execPath : 'npm', [...(own ? [path] : []), ...args], { cwd, shell });
}

/** Packs the package in `folder` into the folder `into`. */
export async function pack(folder, into) {
  mkdirSync(into, { recursive: true });
  await npm(folder, 'pack', '--silent', '--ignore-scripts', '--pack-destination', into);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const name = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
  return { manifest, name, path: join(into, name) };
}

/** A registry on this machine that knows the packed packages and no others. */
export async function serve(packages) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url).slice(1);
    const tarball = packages.find(({ name }) => path === name);
    if (tarball !== undefined) return response.end(readFileSync(tarball.path));
    const found = packages.find(({ manifest }) => path === manifest.name);
    if (found === undefined) return response.writeHead(404).end();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(packument(found, `http://${request.headers.host}`)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** What a registry tells of a package. */
function packument({ manifest, name, path }, registry) {
  const integrity = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`;
  const version = { ...manifest, dist: { tarball: `${registry}/${name}`, integrity } };
  return {
    name: manifest.name,
    'dist-tags': { latest: manifest.version },
    versions: { [manifest.version]: version },
  };
}
