// Runs a program for a check and keeps what it prints: shown only where the check fails.
import { spawn } from 'node:child_process';
import { basename } from 'node:path';

const LIMIT = 300; // seconds

/**
 * @param {{ cwd: string, env: Record<string, string> }} where with exactly this environment
 * @returns what it printed on standard output, and then on standard error
 * @throws {Error} with the end of its output when it fails, or takes too long
 */
export function runProgram(command, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT * 1000 });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
    child.once('error', (error) => reject(new Error(`${command}: ${error.message}`)));
    child.once('close', (code, signal) => {
      const text = output.stdout + output.stderr;
      if (code === 0) return resolve(text);
      const end = signal === null ? `exit code ${code}` : `ended by ${signal} (as it is after ${LIMIT} s)`;
      const name = [basename(command), ...args.map((arg) => basename(arg))].join(' ');
      reject(new Error(`${end}: ${name}\n${text.trimEnd().split('\n').slice(-30).join('\n')}`));
    });
  });
}
