// What a prebuilt binary must be: for its processor, two exports, no library beyond the platform's own, no newer platform
// than promised, stripped, of a reasonable size.
import { readElf } from './elf.mjs';
import { EXPORTS } from './exports.mjs';
import { readMachO } from './macho.mjs';
import { readPe } from './pe.mjs';

const MAX_BYTES = 4 * 2 ** 20;
const READERS = { elf: readElf, pe: readPe, macho: readMachO };

/**
 * @param target an entry of TARGETS
 * @param bytes the binary
 * @returns {{ errors: string[], facts: object }} facts: for the manifest
 */
export function checkBinary(target, bytes) {
  const found = READERS[target.format](bytes);
  const errors = [];
  if (found.processor !== target.processor) errors.push(`is for ${found.processor ?? 'another processor'}`);
  const exports = found.exports.toSorted();
  if (exports.join() !== EXPORTS.join())
    errors.push(`exports ${exports.join(', ') || 'nothing'}, not ${EXPORTS.join(', ')}`);
  for (const library of found.libraries) {
    const allowed = target.libraries.some((name) =>
      name instanceof RegExp ? name.test(library.toLowerCase()) : name === library.toLowerCase() || name === library,
    );
    if (!allowed) errors.push(`needs the library ${library}`);
  }
  if (found.stripped === false) errors.push('is not stripped');
  if (bytes.length > MAX_BYTES) errors.push(`has ${bytes.length} bytes, more than ${MAX_BYTES}`);

  const facts = { libraries: found.libraries };
  if (target.maxGlibc) {
    const newest = newestGlibc(found.versions);
    if (isNewer(newest, target.maxGlibc))
      errors.push(`needs glibc ${newest.join('.')}, newer than ${target.maxGlibc.join('.')}`);
    facts.needs = `glibc ${newest.join('.')}`;
  }
  if (target.minMacos) {
    if (isNewer(found.macos, target.minMacos)) errors.push(`needs macOS ${found.macos.join('.')}`);
    if (!found.signed && target.processor === 'aarch64')
      errors.push('has no signature that fits, and macOS on arm64 loads nothing without');
    facts.needs = `macOS ${found.macos.join('.')}`;
  }
  return { errors, facts };
}

/** The highest of names like GLIBC_2.28; GLIBC_PRIVATE would be an error, as no promise holds for it. */
function newestGlibc(versions) {
  const names = versions.filter((name) => name.startsWith('GLIBC_'));
  if (names.includes('GLIBC_PRIVATE')) return [Number.POSITIVE_INFINITY, 0];
  const numbers = names.map((name) => name.slice(6).split('.').map(Number));
  return numbers.reduce((a, b) => (isNewer(b, a) ? b : a), [0, 0]);
}

const isNewer = (a, b) => a[0] > b[0] || (a[0] === b[0] && (a[1] ?? 0) > (b[1] ?? 0));
