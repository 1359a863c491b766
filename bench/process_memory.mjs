import { readFileSync } from 'node:fs';

/**
 * The resident memory of this process, in bytes: now, and the most it has had. VmHWM counts this program alone; maxRSS can
 * inherit its parent's.
 */
export function memory() {
  if (process.platform !== 'linux') {
    return { now: process.memoryUsage.rss(), peak: process.resourceUsage().maxRSS * 1024 };
  }
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (name) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)[1]) * 1024;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}
