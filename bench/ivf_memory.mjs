// How much memory does an inverted file need? A fresh process makes one of given centroids and adds the vectors of a file in
// calls of 10 000; what its memory rose by, in the end and at the highest, is held against their float32 bytes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expected } from './expected.mjs';

/** @returns {{ floats: number, batch: number, grown: number, peak: number, sketch: boolean }[]} bytes */
export function measureMemory({ d, n, metric, files }, centroids) {
  const folder = mkdtempSync(join(tmpdir(), 'voronode-bench-'));
  try {
    const path = join(folder, 'centroids.f32');
    writeFileSync(path, centroids);
    return [true, false].map((sketch) => {
      const program = fileURLToPath(new URL('ivf_memory_child.mjs', import.meta.url));
      const args = [program, d, metric, files.base, path, sketch ? 'sketch' : 'plain'].map(String);
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status !== 0) throw expected(`${program} failed: ${stderr}`);
      return { floats: n * d * 4, sketch, ...JSON.parse(stdout) };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
