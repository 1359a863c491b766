/**
 * faiss-node's checks of arguments, in its order and its words: programs and their tests compare the messages. Arguments
 * are counted, numbers are truncated, and `add` and `search` take arrays and no typed arrays, as there.
 */

/** Its messages begin with "Expected 1 argument, but got 2." */
export function checkCount(args: readonly unknown[], count: number): void {
  if (args.length === count) return;
  throw new Error(`Expected ${count} argument${count === 1 ? '' : 's'}, but got ${args.length}.`);
}

/** @param which "first", "second" @param what "a string", "an Array" */
export function invalidArgument(which: string, what: string): TypeError {
  return new TypeError(`Invalid the ${which} argument type, must be ${what}.`);
}

/** The elements, rounded to float32 in one pass. `d`: components per vector. */
export function toVectors(x: unknown, d: number): Float32Array {
  const array = checkArray(x);
  if (array.length % d !== 0) throw new Error('Invalid the given array length.');
  const vectors = new Float32Array(array.length);
  for (let i = 0; i < vectors.length; i++) vectors[i] = checkItem(array[i], i);
  return vectors;
}

/** Integers; fractions are cut off. */
export function toIds(ids: unknown): number[] {
  return Array.from(checkArray(ids), (id, i) => Math.trunc(checkItem(id, i)));
}

function checkArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidArgument('first', 'an Array');
  return value;
}

function checkItem(value: unknown, i: number): number {
  if (typeof value !== 'number') throw new Error(`Expected a Number as array item. (at: ${i})`);
  return value;
}

/** Neighbours per query. Unlike everywhere else in Faiss and here, there may not be more than vectors. */
export function toNeighbours(k: number, ntotal: number): number {
  const count = Math.trunc(k);
  // faiss-node takes k modulo 2^32: negative ones are large.
  if (count >= 0 && count <= ntotal) return count;
  throw new Error(`Invalid the number of k (cannot be given a value greater than \`ntotal\`: ${ntotal}).`);
}

export function toPath(args: readonly unknown[]): string {
  checkCount(args, 1);
  const [path] = args;
  if (typeof path !== 'string') throw invalidArgument('first', 'a string');
  return path;
}

/** Any view, as `napi_is_buffer` has it. */
export function toBytes(args: readonly unknown[]): Uint8Array {
  checkCount(args, 1);
  const [bytes] = args;
  if (!ArrayBuffer.isView(bytes)) throw invalidArgument('first', 'a buffer');
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
