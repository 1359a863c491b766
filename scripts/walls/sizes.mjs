// How large a file, a room and a list of parameters may be.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { longLists } from './parameters.mjs';

const MAX_FILE = 400;
const MAX_ROOM = 5000;
const MAX_PARAMETERS = 5;
/** Kernels take plain pointers, each with its count or its stride: a struct around them would only be taken apart again. */
const MAX_PARAMETERS_KERNELS = 8;
/** Functions with more than that, `<top folder>/<name>` → how many: for those that there are. The list may only shrink. */
const EXCEPTIONS = 'scripts/walls/exceptions.json';

/** @param {{ path: string, text: string }[]} files @returns {string[]} what is wrong, for each with the path in front */
export function sizeErrors(folder, files) {
  return [...files.flatMap(fileErrors), ...roomErrors(files), ...parameterErrors(folder, files)];
}

const linesOf = (text) => text.split('\n').length - 1;

function fileErrors({ path, text }) {
  return linesOf(text) > MAX_FILE ? [`${path} has ${linesOf(text)} lines; split it at ${MAX_FILE}`] : [];
}

/** 'native/io', 'lib' or, for what is in a folder of lib, 'lib/keys'; undefined for tests, which are as many as it takes. */
function roomOf(path) {
  const [top, second, third] = path.split('/');
  if (top === 'test' || path.startsWith('native/test/')) return undefined;
  return top === 'native' || (top === 'lib' && third !== undefined) ? `${top}/${second}` : top;
}

/** @returns {Record<string, { files: number, lines: number, longest: number }>} by room; `longest`: the lines of a file */
export function roomSizes(files) {
  const sizes = {};
  for (const { path, text } of files) {
    const room = roomOf(path);
    if (room === undefined) continue;
    const { files: count, lines, longest } = sizes[room] ?? { files: 0, lines: 0, longest: 0 };
    const more = linesOf(text);
    sizes[room] = { files: count + 1, lines: lines + more, longest: Math.max(longest, more) };
  }
  return sizes;
}

function roomErrors(files) {
  return Object.entries(roomSizes(files))
    .filter(([, { lines }]) => lines > MAX_ROOM)
    .map(([room, { lines }]) => `${room} has ${lines} lines; split the room by concept at ${MAX_ROOM}`);
}

function parameterErrors(folder, files) {
  const path = join(folder, EXCEPTIONS);
  const exceptions = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const used = {};
  const errors = [];
  for (const { path, text } of files) {
    const most = path.startsWith('native/kernels/') ? MAX_PARAMETERS_KERNELS : MAX_PARAMETERS;
    for (const { name, line, count } of longLists(path, text, most)) {
      const key = `${path.split('/')[0]}/${name}`;
      used[key] = Math.max(used[key] ?? 0, count);
      if (count <= (exceptions[key] ?? most)) continue;
      errors.push(
        `${path}:${line} ${name} has ${count} parameters; put some into a struct or an object, ${most} may be`,
      );
    }
  }
  for (const [key, count] of Object.entries(exceptions)) {
    if (used[key] === count) continue;
    const instead = used[key] === undefined ? 'remove it' : `write ${used[key]}`;
    if ((used[key] ?? 0) < count) errors.push(`${EXCEPTIONS} allows ${key} ${count} parameters; ${instead}`);
  }
  return errors;
}
