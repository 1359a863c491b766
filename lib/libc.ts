/** Which C library a process on Linux uses: that of its binaries must be the same. */

import { closeSync, openSync, readSync } from 'node:fs';

/** Whether it is musl; false on other systems than Linux. */
export function usesMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const linker = dynamicLinker();
  return linker === undefined ? libcVersion() === 'musl' : linker === 'musl';
}

/**
 * By the dynamic linker that the running program asks for, such as /lib/ld-musl-x86_64.so.1. ELF has its path in a segment
 * of its own, PT_INTERP, which linkers put into the first page. Undefined where it is elsewhere, or there is none.
 *
 * Node's report would tell too, but takes longer (5 to 10 ms) than everything else that the package does to load.
 */
function dynamicLinker(): 'musl' | 'linux' | undefined {
  const page = Buffer.alloc(4096);
  try {
    const program = openSync(process.execPath, 'r');
    try {
      readSync(program, page);
    } finally {
      closeSync(program);
    }
  } catch {
    return undefined;
  }
  if (page.includes('/ld-musl-')) return 'musl';
  return page.includes('/ld-linux') ? 'linux' : undefined;
}

/** 'musl' or, with its version, 'glibc 2.36' on Linux; '' elsewhere. Slow. */
export function libcVersion(): string {
  if (process.platform !== 'linux') return '';
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  try {
    const { excludeNetwork } = report;
    report.excludeNetwork = true; // or the report looks up the names of open connections, which can take seconds
    const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
    if (excludeNetwork !== undefined) report.excludeNetwork = excludeNetwork;
    return header.glibcVersionRuntime === undefined ? 'musl' : `glibc ${header.glibcVersionRuntime}`;
  } catch {
    return 'glibc'; // a runtime without reports
  }
}
