// Prints the addon's C++ sources for binding.gyp, one a line: every .cc of the rooms named in native/rooms.txt, the rule
// that CMakeLists.txt follows too.
import { readdirSync, readFileSync } from 'node:fs';

const native = new URL('../native/', import.meta.url);

/** The native rooms, lowest first. */
export const rooms = readFileSync(new URL('rooms.txt', native), 'utf8').split(/\r?\n/).filter(Boolean);

/** Paths of the sources relative to the repository, with forward slashes, sorted. */
export function sources() {
  return rooms.flatMap((room) =>
    readdirSync(new URL(`${room}/`, native), { recursive: true })
      .filter((name) => name.endsWith('.cc'))
      .map((name) => `native/${room}/${name.replaceAll('\\', '/')}`)
      .sort(),
  );
}

if (process.argv[2] === '--print') console.log(sources().join('\n'));
