/** The addon itself, as lib/native.ts finds it: the programs here run in plain node, without a build of the TypeScript. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../../build/Release/voronode.node', import.meta.url));
export const path = process.env.VORONODE_BINARY || built;
export const native = createRequire(import.meta.url)(path);

/** The bytes of an index, off the event loop: many are not in an array yet. */
export async function serialized(index) {
  const bytes = await native.serializeIndex(index, undefined);
  if (ArrayBuffer.isView(bytes)) return bytes;
  const array = new Uint8Array(bytes.length);
  native.takeBytes(bytes, 0, array);
  return array;
}

/** Numbers 0 … 96, of which many are equal. */
export const components = (n) => Float32Array.from({ length: n }, (_, i) => (i * 31) % 97);

/** An index of n vectors of 32 components. */
export function filled(n) {
  const index = native.flat(32, 1, true);
  native.addSync(index, components(n * 32));
  return index;
}
