// Next, as docs/bundlers.md shows: built as a standalone server, moved to another folder, and asked over HTTP.
import { spawn } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fromNpm } from '../from-npm.mjs';
import { documented } from './bundlers.mjs';
import { must, notInstalled } from './outcome.mjs';

const packages = { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' };
const START_LIMIT = 30; // seconds

async function next(given) {
  const folder = fromNpm('next', packages);
  if (folder === undefined) throw notInstalled('next');
  const [plain, app] = [given.project(), given.project()];
  await plain.install(given.tarball);
  // Copied: Next takes nothing from outside of the project's folder.
  for (const from of [folder, plain.folder]) {
    cpSync(join(from, 'node_modules'), join(app.folder, 'node_modules'), { recursive: true });
  }
  app.write('package.json', { private: true, dependencies: packages });
  app.write('package-lock.json', {});
  for (const [name, text] of Object.entries(documented('next').files)) app.write(name, text);
  await app.run(app.node, ['node_modules/next/dist/bin/next', 'build'], { env: { NEXT_TELEMETRY_DISABLED: '1' } });

  const elsewhere = given.project();
  // Its symbolic links are relative, and must stay so.
  cpSync(join(app.folder, '.next/standalone'), elsewhere.folder, { recursive: true, verbatimSymlinks: true });
  rmSync(app.folder, { recursive: true });
  const answer = await ask(elsewhere, '/search?x=0.75');
  must(answer === '{"nearest":"1"}', `the server answered ${answer}`);
  return 'moved .next/standalone, asked over HTTP';
}

/** Starts the server in the project's folder, asks once, ends it. */
async function ask(project, path) {
  const port = String(await freePort());
  const env = { ...project.env, PORT: port, HOSTNAME: '127.0.0.1' };
  const server = spawn(project.node, ['server.js'], { cwd: project.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (said += text));
  try {
    for (const end = Date.now() + START_LIMIT * 1000; Date.now() < end && server.exitCode === null; ) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      if (response?.ok) return await response.text();
      if (response !== undefined) throw new Error(`the server answered ${response.status}:\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the server did not start:\n${said}`);
  } finally {
    server.kill();
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export const nextChecks = [{ name: 'next', what: 'Next, standalone, left out', run: next }];
