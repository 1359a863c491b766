/** Values that hardly any argument should be, made anew for each use: a call must not spoil them for the next. */

import { native } from '../lifecycle/programs/addon.mjs';

const THROWN = new Error('thrown by the caller');

const throws = () => {
  throw THROWN;
};

function detached(array) {
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

/** A view of a buffer that was shrunk; without a length it follows the buffer. */
function shrunk(Type, ...length) {
  const buffer = new ArrayBuffer(128, { maxByteLength: 256 });
  const view = new Type(buffer, 32, ...length);
  buffer.resize(length.length === 0 ? 64 : 40);
  return view;
}

function grown(Buffer_, Type) {
  const buffer = new Buffer_(32, { maxByteLength: 4096 });
  const view = new Type(buffer);
  if (buffer.grow) buffer.grow(64);
  else buffer.resize(64);
  return view;
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function nested(depth, make) {
  let selector = { type: 'range', min: 0n, max: 10n };
  for (let i = 1; i < depth; i++) selector = make(selector);
  return selector;
}

function closed(index) {
  native.close(index);
  return index;
}

/** What the caller's own objects throw when the addon reads them comes through as it is. */
export const isThrownByCaller = (error) =>
  error === THROWN ||
  error === 'a string' ||
  error === null ||
  /a proxy that has been revoked$|cannot be invoked without 'new'$/.test(error?.message);

export const values = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  0: () => 0,
  '-0': () => -0,
  1: () => 1,
  '-1': () => -1,
  1.5: () => 1.5,
  NaN: () => NaN,
  Infinity: () => Infinity,
  '-Infinity': () => -Infinity,
  '5e-324': () => 5e-324,
  '2^31 - 1': () => 2 ** 31 - 1,
  '2^31': () => 2 ** 31,
  '-2^31': () => -(2 ** 31),
  '2^32': () => 2 ** 32,
  '2^53': () => 2 ** 53,
  '2^63': () => 2 ** 63,
  '2^64': () => 2 ** 64,
  '1e308': () => 1e308,
  '0n': () => 0n,
  '-1n': () => -1n,
  '2n**63n - 1n': () => 2n ** 63n - 1n,
  '2n**63n': () => 2n ** 63n,
  '-(2n**63n)': () => -(2n ** 63n),
  '-(2n**63n) - 1n': () => -(2n ** 63n) - 1n,
  '2n**5000n': () => 2n ** 5000n,
  'empty string': () => '',
  string: () => 'Flat',
  'a number in a string': () => '1',
  'a null character': () => 'a\0b',
  'a lone surrogate': () => '\ud800',
  'a long string': () => 'IDMap,'.repeat(20_000),
  symbol: () => Symbol('s'),
  function: () => () => 1,
  class: () => class Vector {},
  object: () => ({}),
  'an array-like': () => ({ length: 4, 0: 1, 1: 2, 2: 3, 3: 4 }),
  'object without prototype': () => Object.create(null),
  'frozen object': () => Object.freeze({}),
  'empty array': () => [],
  numbers: () => [1, 2, 3, 4],
  bigints: () => [1n, 2n],
  'object with valueOf': () => ({ valueOf: () => 1, toString: () => '1', [Symbol.toPrimitive]: () => 1 }),
  'object with throwing getters': () =>
    Object.defineProperties({}, { type: { get: throws }, length: { get: throws }, of: { get: throws } }),
  map: () => new Map([[1, 2]]),
  set: () => new Set([1n]),
  date: () => new Date(0),
  error: () => new Error('x'),
  promise: () => Promise.resolve(1),
  boxed: () => Object(1n),
  arraybuffer: () => new ArrayBuffer(16),
  sharedarraybuffer: () => new SharedArrayBuffer(16),
  dataview: () => new DataView(new ArrayBuffer(16)),
  buffer: () => Buffer.alloc(16),
  uint8array: () => new Uint8Array(16),
  'empty uint8array': () => new Uint8Array(0),
  int32array: () => new Int32Array(4),
  float64array: () => new Float64Array(4),
  bigint64array: () => new BigInt64Array(4),
  biguint64array: () => new BigUint64Array(4),
  float32array: () => new Float32Array(4),
  'float32array of another length': () => new Float32Array(3),
  'empty float32array': () => new Float32Array(0),
  'float32array of NaN': () => new Float32Array(4).fill(NaN),
  'float32array of infinities': () => new Float32Array(4).fill(-Infinity),
  'float32array of the largest': () => new Float32Array(4).fill(3.4e38),
  'shared float32array': () => new Float32Array(new SharedArrayBuffer(16)),
  'shared bigint64array': () => new BigInt64Array(new SharedArrayBuffer(16)),
  'shared uint8array': () => new Uint8Array(new SharedArrayBuffer(16)),
  'detached float32array': () => detached(new Float32Array(4)),
  'detached bigint64array': () => detached(new BigInt64Array(4)),
  'detached uint8array': () => detached(new Uint8Array(16)),
  'float32array outside its buffer': () => shrunk(Float32Array, 8),
  'bigint64array outside its buffer': () => shrunk(BigInt64Array, 8),
  'uint8array outside its buffer': () => shrunk(Uint8Array, 32),
  'float32array that shrank': () => shrunk(Float32Array),
  'bigint64array that shrank': () => shrunk(BigInt64Array),
  'float32array that grew': () => grown(ArrayBuffer, Float32Array),
  'shared float32array that grew': () => grown(SharedArrayBuffer, Float32Array),
  'subclass of float32array': () => new (class extends Float32Array {})(4),
  'float32array with a false length': () => Object.defineProperty(new Float32Array(4), 'length', { value: 2 ** 30 }),
  'the shape of a float32array': () => Object.create(Float32Array.prototype),
  'proxy of a float32array': () => new Proxy(new Float32Array(4), {}),
  'proxy that throws': () => new Proxy({}, { get: throws, has: throws, getPrototypeOf: throws, ownKeys: throws }),
  'proxy that throws a string': () =>
    new Proxy(
      {},
      {
        get() {
          throw 'a string';
        },
      },
    ),
  'proxy that throws null': () =>
    new Proxy(
      {},
      {
        get() {
          throw null;
        },
      },
    ),
  'proxy without end': () => {
    const proxy = new Proxy({}, { get: (_, key) => (key === 'type' ? 'not' : proxy) });
    return proxy;
  },
  'revoked proxy': () => revoked({}),
  'range selector': () => ({ type: 'range', min: 0n, max: 1n }),
  'range selector of numbers': () => ({ type: 'range', min: 0, max: 1 }),
  'empty batch selector': () => ({ type: 'batch', ids: new BigInt64Array(0) }),
  'batch selector of numbers': () => ({ type: 'batch', ids: [1, 2] }),
  'detached batch selector': () => ({ type: 'batch', ids: detached(new BigInt64Array(4)) }),
  'bitmap selector': () => ({ type: 'bitmap', bits: new Uint8Array(1).fill(255) }),
  'bitmap selector of a buffer': () => ({ type: 'bitmap', bits: Buffer.alloc(3) }),
  'selector of unknown type': () => ({ type: 'nand' }),
  'selector whose type is an object': () => ({ type: { toString: () => 'range' } }),
  'selector without parts': () => ({ type: 'and' }),
  'selector 64 deep': () => nested(64, (of) => ({ type: 'not', of })),
  'selector 65 deep': () => nested(65, (of) => ({ type: 'not', of })),
  'selector of 2^20 parts': () => nested(21, (a) => ({ type: 'xor', a, b: a })),
  'selector that is its own part': () => {
    const selector = { type: 'not' };
    selector.of = selector;
    return selector;
  },
  'a key cut off': () => Uint8Array.of(1, 97, 3, 98),
  'two keys': () => Uint8Array.of(1, 97, 1, 98),
  'the same key twice': () => Uint8Array.of(1, 97, 1, 97),
  'a length cut off': () => Uint8Array.of(1, 97, 0x80),
  'a length of 4 bytes': () => Uint8Array.of(0x81, 0x80, 0x80, 0x00, 97, 1, 98),
  'a length that is longer than it needs to be': () => Uint8Array.of(0x81, 0x00, 97, 1, 98),
  'lengths of 2^21 - 1': () => new Uint8Array(64).fill(0x7f).fill(0xff, 0, 2),
  'a key of 65 537 bytes': () => new Uint8Array(3 + 65_537).fill(0x81, 0, 1).fill(0x80, 1, 2).fill(4, 2, 3),
  'padding for a key': () => Uint8Array.of(0x81, 0x80, 0x04),
  'keys that are no UTF-8': () => Uint8Array.of(1, 0xff, 2, 0xc0, 0x80),
  'a surrogate in a key': () => Uint8Array.of(3, 0xed, 0xa0, 0x80, 1, 97),
  'keys selector': () => ({ type: 'keys', keys: Uint8Array.of(1, 97, 0) }),
  'keys selector of strings': () => ({ type: 'keys', keys: ['a'] }),
  'keys selector cut off': () => ({ type: 'keys', keys: Uint8Array.of(9) }),
  'detached keys selector': () => ({ type: 'keys', keys: detached(new Uint8Array(2)) }),
  'keys selector among others': () => ({
    type: 'and',
    a: { type: 'not', of: { type: 'keys', keys: Uint8Array.of(1, 97) } },
    b: { type: 'range', min: 0n, max: 9n },
  }),
  'not a keys selector': () => ({ type: 'not', of: { type: 'keys', keys: Uint8Array.of(1, 97) } }),
  'map of keys': () => native.keyMap(native.flat(4, 1, true)),
  index: () => native.flat(4, 1, true),
  'closed index': () => closed(native.flat(4, 1, true)),
  'frozen index': () => Object.freeze(native.flat(4, 1, true)),
  'map of ids': () => native.idMap(native.flat(4, 1, true), true),
  token: () => native.token(),
  'shared selector': () => ({ by: native.sharing(), of: { type: 'range', min: 0n, max: 5n } }),
  'shared selector of nothing': () => ({ by: native.sharing() }),
  'shared selector that is its own': () => {
    const selector = { by: native.sharing() };
    selector.of = selector;
    return selector;
  },
  'fired token': () => {
    const token = native.token();
    native.cancel(token);
    return token;
  },
  'heir of an index': () => Object.create(native.flat(4, 1, true)),
  'proxy of an index': () => new Proxy(native.flat(4, 1, true), {}),
  'clone of an index': () => structuredClone(native.flat(4, 1, true)),
  'copy of an index': () => ({ ...native.flat(4, 1, true) }),
  'the addon': () => native,
  globalThis: () => globalThis,
};
