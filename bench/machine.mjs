// What the figures were measured on.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { simdTarget } from 'voronode';

export const packageVersion = createRequire(import.meta.url)('voronode/package.json').version;

export function machine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    features: features(),
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('.', 2).join('.')} ${arch()}`,
    node: process.version,
    voronode: packageVersion,
    simd: simdTarget(),
    load: loadavg()[0], // processes that wanted to run in the minute before; always 0 on Windows
    date: new Date().toISOString().slice(0, 10),
  };
}

/** The vector instructions that matter here, where the system tells. */
function features() {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    return ['avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx_vnni', 'asimddp', 'i8mm'].filter((flag) =>
      ` ${flags} `.includes(` ${flag} `),
    );
  } catch {
    return [];
  }
}

/** One paragraph. */
export function describe(it) {
  const busy = isBusy(it) ? ` **The machine was busy (load ${it.load.toFixed(1)}): these figures are noise.**` : '';
  return (
    `${it.cpu}, ${it.cores} cores (${it.features.join(', ') || 'features unknown'}), ${it.memoryGB} GB, ${it.system}; ` +
    `Node ${it.node}, voronode ${it.voronode} with its ${it.simd} kernels; ${it.date}.${busy}`
  );
}

/** Others had taken a good part of a core just before. */
export function isBusy(it) {
  return it.load > 0.5;
}
