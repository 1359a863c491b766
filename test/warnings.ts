/** The warnings of the process during a piece of work. */

interface Warned {
  message: string;
  code: string | undefined;
}

/** They are emitted on the next tick, so that one is waited for. */
export async function warningsOf(work: () => unknown): Promise<Warned[]> {
  const warnings: Warned[] = [];
  const listen = (warning: Error & { code?: string }) =>
    warnings.push({ message: warning.message, code: warning.code });
  process.on('warning', listen);
  try {
    await work();
    await new Promise(setImmediate);
  } finally {
    process.off('warning', listen);
  }
  return warnings;
}
