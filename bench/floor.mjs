// The machine's floor, measured natively in the same run: floor.cc, compiled for this machine when it is first needed.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './data.mjs';

/**
 * @returns {{ name: string, threads: number, value: number, unit: string }[] | undefined} undefined where there is no
 *   compiler that takes the command line of g++ and clang
 */
export function measureFloor() {
  const source = fileURLToPath(new URL('floor.cc', import.meta.url));
  const program = join(cacheFolder('bench'), 'floor');
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
    const command = [...(process.env.CXX || 'c++').split(' '), '-std=c++20', '-O3', '-march=native', '-pthread'];
    const { status } = spawnSync(command[0], [...command.slice(1), source, '-o', program], { stdio: 'ignore' });
    if (status !== 0) return undefined;
  }
  const { status, stdout } = spawnSync(program, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed`);
  return JSON.parse(stdout);
}
