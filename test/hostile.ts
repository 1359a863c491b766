/** Values that no argument should be, made anew for each use: a test must not spoil them for the next. */

import { IndexFlatL2 } from '../lib/index.js';

const throws = (): never => {
  throw new Error('a getter was run');
};

function detached<T extends Float32Array | BigInt64Array | Uint8Array>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

/** A view of a buffer that was shrunk beneath it. */
function outside<T>(Type: new (buffer: ArrayBuffer, offset: number, length: number) => T): T {
  const buffer = new (ArrayBuffer as new (n: number, options: object) => ArrayBuffer)(64, { maxByteLength: 64 });
  const view = new Type(buffer, 16, 4);
  (buffer as unknown as { resize(n: number): void }).resize(8);
  return view;
}

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

export const hostile: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  '0': () => 0,
  '-0': () => -0,
  '1': () => 1,
  '-1': () => -1,
  '1.5': () => 1.5,
  NaN: () => NaN,
  Infinity: () => Infinity,
  '-Infinity': () => -Infinity,
  '1e-300': () => 1e-300,
  '2^31': () => 2 ** 31,
  '-2^31': () => -(2 ** 31),
  '2^32': () => 2 ** 32,
  '2^53': () => 2 ** 53,
  '2^64': () => 2 ** 64,
  '1e300': () => 1e300,
  '0n': () => 0n,
  '-1n': () => -1n,
  '2n**63n': () => 2n ** 63n,
  '-(2n**63n)-1n': () => -(2n ** 63n) - 1n,
  '2n**64n': () => 2n ** 64n,
  '2n**1000n': () => 2n ** 1000n,
  'empty string': () => '',
  'a string': () => 'vector',
  'a number in a string': () => '1',
  'a null character': () => 'a\0b',
  'a lone surrogate': () => '\ud800',
  symbol: () => Symbol('s'),
  function: () => () => 1,
  class: () => class Vector {},
  object: () => ({}),
  'array-like': () => ({ length: 2, 0: 1, 1: 2 }),
  'object without prototype': () => Object.create(null),
  'empty array': () => [],
  numbers: () => [1, 2],
  'numbers in arrays': () => [[1, 2]],
  bigints: () => [1n, 2n],
  'strings in an array': () => ['1', '2'],
  'an array with holes': () => new Array(2),
  'a long array of holes': () => new Array(2 ** 32 - 1),
  'an array with a throwing getter': () => Object.defineProperty([1, 2], 0, { get: throws }),
  'an object with throwing getters': () => Object.defineProperty({}, 'length', { get: throws, enumerable: true }),
  'an object with a throwing constructor': () => Object.defineProperty({}, 'constructor', { get: throws }),
  'an object with valueOf': () => ({ valueOf: () => 1, toString: () => '1' }),
  'an array with a lone surrogate': () => ['\ud800', 'a'],
  'an array with a huge string': () => ['x'.repeat(2 ** 20), 'a'],
  'a set of strings': () => new Set(['a', 'b']),
  map: () => new Map([[1, 2]]),
  set: () => new Set([1n]),
  date: () => new Date(0),
  regexp: () => /x/,
  error: () => new Error('x'),
  promise: () => Promise.resolve(1),
  arraybuffer: () => new ArrayBuffer(8),
  sharedarraybuffer: () => new SharedArrayBuffer(8),
  dataview: () => new DataView(new ArrayBuffer(8)),
  buffer: () => Buffer.alloc(8),
  uint8array: () => new Uint8Array(8),
  uint8clampedarray: () => new Uint8ClampedArray(8),
  int32array: () => new Int32Array(2),
  float64array: () => new Float64Array(2),
  bigint64array: () => new BigInt64Array(2),
  biguint64array: () => new BigUint64Array(2),
  float32array: () => new Float32Array(2),
  'a float32array of the wrong length': () => new Float32Array(3),
  'a detached float32array': () => detached(new Float32Array(2)),
  'a detached bigint64array': () => detached(new BigInt64Array(2)),
  'a detached uint8array': () => detached(new Uint8Array(2)),
  'a float32array outside its buffer': () => outside(Float32Array),
  'a bigint64array outside its buffer': () => outside(BigInt64Array),
  'a uint8array outside its buffer': () => outside(Uint8Array),
  'the shape of a float32array': () => Object.create(Float32Array.prototype),
  'a proxy of a float32array': () => new Proxy(new Float32Array(2), {}),
  'a proxy of an array': () => new Proxy([1n, 2n], {}),
  'a proxy of an object': () => new Proxy({}, { get: throws, has: throws }),
  'a revoked proxy of an array': () => revoked([]),
  'a revoked proxy of an object': () => revoked({}),
  index: () => new IndexFlatL2(2),
  'the shape of an index': () => Object.create(IndexFlatL2.prototype),
  'a proxy of an index': () => new Proxy(new IndexFlatL2(2), {}),
};
