/** Faiss itself, run in Python: FAISS_PYTHON, else Debian's (python3-faiss), else the first python3. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Metric } from '../../lib/index.js';

export type Job =
  | { do: 'version' }
  | {
      do: 'write';
      description: string;
      metric: Metric;
      d: number;
      vectors: string;
      ids: string | null;
      path: string;
      nprobe?: number;
      /** Faiss's number: 1 an array, 2 a hash table. */
      directMap?: number;
      /** Of an IndexRefine. */
      kFactor?: number;
    }
  | { do: 'shard'; path: string; out: string; lists: number[]; withIds: boolean; vectors: string | null }
  | { do: 'answer'; path: string; queries: string; k: number; saved: string | null; nprobe?: number };

export interface Answer {
  kind: string;
  ntotal: number;
  distances: number[];
  labels: string[];
}

export const python = process.env.FAISS_PYTHON || (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');

/** Results in the order of the jobs. */
export function ask<Result>(jobs: Job[]): Result[] {
  const { status, stdout, stderr, error } = spawnSync(python, [join(__dirname, 'peer.py')], {
    input: JSON.stringify(jobs),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    // Of the addon under a sanitizer; Python is not built for it.
    env: { ...process.env, LD_PRELOAD: '' },
  });
  // EPIPE: it ended before it read its input; its status and words say why.
  if (error !== undefined && (error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  if (status !== 0) throw new Error(`${python} failed: ${stderr.trim()}`);
  return JSON.parse(stdout);
}

function find(): { version: string } | { missing: string } {
  try {
    return ask<{ version: string }>([{ do: 'version' }])[0]!;
  } catch (error) {
    const reason = String((error as Error).message)
      .split('\n')
      .at(-1);
    return { missing: `Faiss cannot be imported (${reason}); on Debian: apt-get install python3-faiss` };
  }
}

export const faiss = find();
