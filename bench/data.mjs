// Data sets: made once by a recipe, kept as bare little-endian float32 files, shared by all contestants, Python's too.
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from './random.mjs';
import { recipes } from './recipes.mjs';

/** Queries of a data set: windows of them are searched, so that calls differ. */
export const QUERIES = 1000;
const SEED = 20_261;
const PIECE = 1 << 20; // components written or read at once: 4 MB

/** A folder for what can be made again. */
export function cacheFolder(name) {
  const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
  const folder = existsSync(modules) ? join(modules, '.cache', `voronode-${name}`) : join(tmpdir(), `voronode-${name}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * @param {{ data: string, d: number, n: number, metric: string }} shape
 * @param {number} nq how many queries are needed at least
 * @returns the shape with `base` (n × d), `queries` (nq × d) and the `files` they lie in
 */
export function openDataset(shape, nq) {
  const { data, d, n } = shape;
  const count = Math.max(nq, QUERIES);
  const files = {
    base: file(data, d, n, SEED + 1),
    queries: file(data, d, count, SEED + 2),
  };
  return { ...shape, nq: count, files, base: read(files.base), queries: read(files.queries) };
}

/** The path of `count` vectors drawn with a seed, made if it is not there. */
function file(name, d, count, seed) {
  const recipe = recipes[name];
  const path = join(cacheFolder('bench'), `${name}-v${recipe.version}-${d}x${count}-${seed}.f32`);
  if (existsSync(path)) return path;

  const row = recipe.make(d, SEED);
  const random = new Random(seed);
  const rows = Math.max(1, Math.floor(PIECE / d));
  const piece = new Float32Array(rows * d);
  const unfinished = `${path}.${process.pid}`;
  const out = openSync(unfinished, 'w');
  for (let begin = 0; begin < count; begin += rows) {
    const here = Math.min(rows, count - begin);
    for (let i = 0; i < here; i++) row(random, piece, i * d);
    writeAll(out, new Uint8Array(piece.buffer, 0, here * d * 4));
  }
  closeSync(out);
  renameSync(unfinished, path);
  return path;
}

function writeAll(out, bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(out, bytes, at);
}

/** The floats of a file; in pieces, as one read takes 2 GiB at most. */
function read(path) {
  const handle = openSync(path, 'r');
  const bytes = new Uint8Array(fstatSync(handle).size);
  for (let at = 0; at < bytes.length; ) at += readSync(handle, bytes, at, Math.min(4 * PIECE, bytes.length - at), at);
  closeSync(handle);
  return new Float32Array(bytes.buffer);
}
