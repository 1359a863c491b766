// The names that an addon shows: Node-API's two, on every platform. On Linux the linker sees to that (exports.map); what zig
// links for Windows and macOS shows more, which is taken out of the finished file.
import { keepMachOExports } from './macho.mjs';
import { keepPeExports } from './pe.mjs';

export const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

const KEEP = { elf: () => {}, pe: keepPeExports, macho: keepMachOExports };

/** Changes the binary: of its exports only ours are left. */
export function keepOurExports({ format }, bytes) {
  KEEP[format](bytes, EXPORTS);
}
