// Formatting and linting of both languages, no warning allowed: `npm run lint`; `npm run format` mends what can be mended.
//
//   node scripts/lint.mjs [--write]
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail, find, root, run, tool } from './run.mjs';
import { sources } from './sources.mjs';

const write = process.argv.includes('--write');
// Another version formats otherwise, so the version is fixed.
const clangFormat = find('clang-format-16') ?? fail('clang-format-16 was not found (apt-get install clang-format-16)');
const clangTidy = find('clang-tidy-16') ?? fail('clang-tidy-16 was not found (apt-get install clang-tidy-16)');

function nativeFiles() {
  return readdirSync(join(root, 'native'), { recursive: true })
    .filter((name) => /\.(h|cc|inc)$/.test(name))
    .map((name) => join('native', name));
}

/** Runs clang-tidy on each source, as many at once as there are cores; prints what it says of those that fail. */
async function tidy() {
  const build = join(root, 'build-lint');
  const generator = find('ninja') ? ['-G', 'Ninja'] : [];
  run('cmake', ['-S', root, '-B', build, ...generator, '-DVORONODE_TESTS=OFF']);
  const queue = sources();
  let failures = 0;
  const worker = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      const { code, output } = await capture(clangTidy, ['-p', build, '--quiet', '--warnings-as-errors=*', path]);
      if (code === 0) continue;
      failures++;
      console.error(output);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (failures > 0) fail(`clang-tidy complains of ${failures} files`);
}

function capture(command, args) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => done({ code, output }));
  });
}

if (!tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', ...(write ? ['--write'] : []))) {
  fail('Biome complains; `npm run format` mends what can be mended');
}
run(clangFormat, write ? ['-i', ...nativeFiles()] : ['--dry-run', '-Werror', ...nativeFiles()]);
if (!write) await tidy();
console.log('lint: clean');
