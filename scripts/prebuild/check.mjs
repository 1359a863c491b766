// What a prebuilt binary must be: two exports, no library beyond the platform's own, no newer platform than promised,
// stripped, of a reasonable size.
import { readElf } from './elf.mjs';
import { readMachO } from './macho.mjs';
import { readPe } from './pe.mjs';

const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
// What zig's runtime exports besides: its unwinder on Windows; its arithmetic, the mathematics it has in place of a libm, and
// operator new on macOS. There a name of one library meets those of no other, so they do no harm.
const RUNTIME = {
  elf: /^$/,
  pe: /^(_GCC_specific_handler|_Unwind_\w+|unw_\w+)$/,
  macho: /^(?!napi_|node_api_|_ZN?K?8voronode|_ZN4Napi)/,
};
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
  const exports = found.exports.filter((name) => !RUNTIME[target.format].test(name)).toSorted();
  if (exports.join() !== EXPORTS.join())
    errors.push(`exports ${exports.join(', ') || 'nothing'}, not ${EXPORTS.join(', ')}`);
  for (const library of found.libraries) {
    const allowed = target.libraries.some((name) =>
      name instanceof RegExp ? name.test(library.toLowerCase()) : name === library.toLowerCase() || name === library,
    );
    if (!allowed) errors.push(`needs the library ${library}`);
  }
  if (!found.stripped && target.format !== 'macho') errors.push('is not stripped');
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
      errors.push('is not signed, and macOS on arm64 loads nothing unsigned');
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
