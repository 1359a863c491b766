// A Python process that answers lines of JSON with lines of JSON.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Debian's own Python, which sees Debian's python3-faiss. */
const DEBIAN = '/usr/bin/python3';

/** @returns the Python to use; throws with the reason if none has Faiss */
export function pythonWithFaiss() {
  const path = process.env.FAISS_PYTHON || DEBIAN;
  const { status, stderr, error } = spawnSync(path, ['-c', 'import faiss, numpy'], { encoding: 'utf8' });
  if (status === 0) return path;
  const reason = error?.message ?? (stderr.trim().split('\n').at(-1) || `it ended with ${status}`);
  throw new Error(`${path} cannot import faiss (${reason}); FAISS_PYTHON names a Python that can`);
}

/**
 * @param {string} path of the program
 * @param {Record<string, string>} env on top of this process's
 * @returns ask(command): the answer; stop()
 */
export function startPython(python, path, env) {
  const child = spawn(python, [path], { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaints = (complaints + text).slice(-2000);
  });
  child.stdin.on('error', () => {}); // that the child has ended is told by the missing answer
  const ended = once(child, 'close').catch((error) => {
    complaints += error.message;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await lines.next();
      if (!done) return JSON.parse(value);
      await ended;
      throw new Error(`${path} ended: ${complaints}`);
    },
    async stop() {
      if (child.stdin.writable) child.stdin.end();
      await ended;
    },
  };
}
