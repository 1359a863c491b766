/**
 * Spoils every input right after the call, forgets the index and collects garbage; the answers must be those of the inputs as
 * they were: `node --expose-gc inputs.mjs <operations>`. Prints what is wrong, then the count of operations.
 */

import { components, native, serialized } from './addon.mjs';

const D = 8;
const N = 500;
const NQ = 20;
const data = components(N * D);
const times = Number(process.argv[2]);

/** Copies of the values: [the array to pass, what to do to it after the call]. */
const ways = [
  (values) => {
    const array = values.slice();
    return [array, () => array.fill(NaN_or_zero(array))];
  },
  (values) => {
    const array = values.slice();
    return [array, () => structuredClone(0, { transfer: [array.buffer] })];
  },
  (values) => {
    const buffer = new ArrayBuffer(values.byteLength, { maxByteLength: 2 * values.byteLength });
    const array = new values.constructor(buffer);
    array.set(values);
    return [array, () => buffer.resize(0)];
  },
  (values) => {
    const array = new values.constructor(new SharedArrayBuffer(values.byteLength));
    array.set(values);
    return [array, () => array.fill(NaN_or_zero(array))];
  },
];

function NaN_or_zero(array) {
  return array instanceof Float32Array ? NaN : 0n;
}

function same(what, got, expected) {
  const equal = got.length === expected.length && got.every((value, i) => value === expected[i]);
  if (!equal) console.log(`${what}: got ${got.slice(0, 10)} … instead of ${expected.slice(0, 10)} …`);
}

/** For operation i: the index to work on, the call, and the check of its answer. */
const operations = [
  async (spoil) => {
    const index = flat();
    const queries = data.subarray(40, 40 + NQ * D);
    const expected = native.searchSync(index, queries, 7, undefined);
    const { labels, distances } = await spoil(queries, (array) =>
      native.search(index, array, 7, undefined, undefined, undefined),
    );
    same('labels', labels, expected.labels);
    same('distances', distances, expected.distances);
  },
  async (spoil) => {
    const ids = BigInt64Array.of(3n, 5n, 7n, 400n);
    const query = data.subarray(0, D);
    const { labels } = await spoil(ids, (array) =>
      native.search(flat(), query, 4, { type: 'batch', ids: array }, undefined, undefined),
    );
    same('filtered labels', labels.sort(), ids);
  },
  async (spoil) => {
    const index = flat();
    await spoil(data, (array) => native.add(index, array, undefined));
    same('an added row', native.reconstructSync(index, BigInt(N + 9)), data.subarray(9 * D, 10 * D));
  },
  async (spoil) => {
    const map = native.idMap(native.flat(D, 1, true), false);
    const ids = BigInt64Array.from({ length: N }, (_, i) => BigInt(i) << 40n);
    await spoil(ids, (array) => native.addWithIds(map, data, array, undefined));
    same('a row by its id', native.reconstructSync(map, 9n << 40n), data.subarray(9 * D, 10 * D));
  },
  async (spoil) => {
    const bytes = native.serializeIndexSync(flat());
    const index = await native.deserializeIndex(bytes.slice(), undefined);
    const again = await spoil(new BigInt64Array(8), () => serialized(index));
    same('bytes', again, bytes);
  },
];

function flat() {
  const index = native.flat(D, 1, true);
  native.addSync(index, data);
  return index;
}

let started = 0;
async function worker() {
  while (started < times) {
    const i = started++;
    const way = ways[i % ways.length];
    const operation = operations[i % operations.length];
    await operation((values, call) => {
      const [array, ruin] = way(values);
      const promise = call(array);
      ruin();
      if (i % 5 === 0) globalThis.gc();
      return promise;
    });
  }
}
await Promise.all(Array.from({ length: 8 }, worker));
console.log(`${started} operations`);
