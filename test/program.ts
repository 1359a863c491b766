/** Runs the small programs of the tests in processes of their own, so that a crash of the addon is a failed test. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ended {
  code: number | null;
  /** The signal that killed it: null unless it crashed or took too long (SIGKILL). */
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  /** Options of node itself. */
  node?: string[];
  env?: Record<string, string>;
  milliseconds?: number;
}

/** @param program a path below test/. */
export function run(program: string, args: (string | number)[] = [], options: ProgramOptions = {}): Promise<Ended> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { promise, resolve, reject } = deferred<Ended>();
  const child = spawn(process.execPath, [...(options.node ?? []), path, ...args.map(String)], {
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
    timeout: options.milliseconds ?? 100_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.on('error', reject);
  child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  return promise;
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
