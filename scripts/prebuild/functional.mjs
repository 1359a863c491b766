// The functional test (test/functional), run in one of the ways of runs.mjs.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../run.mjs';

const LIMIT = 600_000; // ms; emulators are slow

/**
 * @param run one of runs()
 * @param {{ binary?: string, package?: string, simd?: string }} what binary: of this work tree, by its path; package: an
 *   installed one, which finds its binary itself
 * @returns {{ loaded: boolean, report?: object, error?: string }} what the test reported, or the end of what it printed
 */
export function functional({ command, env = {}, path = (at) => at }, { binary, package: installed, simd = '' }) {
  const [program, ...rest] = [...command, path(join(root, 'test/functional/run.cjs'))];
  if (installed) rest.push(path(installed));
  // Into a file: Node under wine cannot write to a pipe.
  const folder = mkdtempSync(join(tmpdir(), 'voronode-functional-'));
  const output = join(folder, 'output.txt');
  const fd = openSync(output, 'w');
  const result = spawnSync(program, rest, {
    stdio: ['ignore', fd, fd],
    timeout: LIMIT,
    env: { ...process.env, ...env, VORONODE_BINARY: binary ? path(binary) : '', VORONODE_SIMD: simd },
  });
  closeSync(fd);
  const text = `${readFileSync(output, 'utf8')}${result.error?.message ?? ''}`.trim();
  rmSync(folder, { recursive: true });
  const loaded = text.includes('voronode: functional test on ');
  const report = result.status === 0 ? /^\{"platform".*\}\s*$/m.exec(text) : null;
  return report ? { loaded, report: JSON.parse(report[0]) } : { loaded, error: text.split('\n').slice(-12).join('\n') };
}
