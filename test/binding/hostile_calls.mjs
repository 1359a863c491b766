/**
 * Calls one function of the addon with every hostile value in the place of every argument: `node hostile_calls.mjs <name>`.
 * Prints one line for each answer that is neither a success nor an error of the documented form, then the count of calls.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '../lifecycle/programs/addon.mjs';
import { isThrownByCaller, values } from './values.mjs';

const D = 4;
const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
process.chdir(folder); // hostile paths are files of this folder
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function index() {
  const flat = native.flat(D, 1, true);
  native.addSync(
    flat,
    Float32Array.from({ length: 40 }, (_, i) => i),
  );
  return flat;
}
const bytes = native.serializeIndexSync(index());
writeFileSync('good', bytes);
/** More than are given at once. */
const many = native.flat(D, 1, true);
native.addSync(many, new Float32Array(100_000 * D));
const serialized = await native.serializeIndex(many, undefined);
function ivf(d = D) {
  const made = native.ivfFlat(d, 2, 1, true, undefined);
  native.trainSync(
    made,
    Float32Array.from({ length: 8 * d }, (_, i) => i),
  );
  native.addSync(
    made,
    Float32Array.from({ length: 10 * d }, (_, i) => i),
  );
  return made;
}
const rows = () => new Float32Array(2 * D);
const ids = () => BigInt64Array.of(1n, 2n);
const map = () => native.idMap(native.flat(D, 0, true), false);
const filter = () => ({ type: 'batch', ids: ids() });
/** Packed. */
const keys = (...list) => Buffer.concat(list.flatMap((key) => [Buffer.of(key.length), Buffer.from(key)]));
const keyMap = () => native.keyMap(native.flat(D, 0, true));
function keyed() {
  const made = keyMap();
  native.addWithKeysSync(made, rows(), keys('a', 'b'));
  return made;
}
let tokens = 0;
/** Every other one transfers the arrays. */
const token = () => native.token(false, tokens++ % 2 === 1);
const params = () => ({
  niter: 3,
  nredo: 1,
  spherical: false,
  seed: 1,
  minPointsPerCentroid: 1,
  maxPointsPerCentroid: 9,
});
const progress = () => () => undefined;
const empty = () => native.flat(D, 1, true);
const nprobe = () => 2;
const kFactor = () => 1.5;
const searchParams = () => [1.5, 2];
/** Of inverted files. */
function refine() {
  const made = native.refine(native.ivfFlat(D, 2, 1, true, undefined), undefined);
  native.trainSync(
    made,
    Float32Array.from({ length: 8 * D }, (_, i) => i),
  );
  native.addSync(
    made,
    Float32Array.from({ length: 10 * D }, (_, i) => i),
  );
  return made;
}

const shared = () => {
  const made = map();
  native.shareIndex(made, false);
  return made;
};

/** Good arguments of every function, each made anew. */
const good = {
  flat: [() => D, () => 1, () => true],
  idMap: [() => native.flat(D, 1, true), () => true],
  refine: [empty, () => 4],
  scalarQuantizer: [() => D, () => 0, () => 1],
  kFactor: [refine],
  setKFactor: [refine, kFactor],
  factory: [() => D, () => 'IDMap,Flat', () => 0],
  kind: [index],
  d: [index],
  metric: [index],
  ntotal: [index],
  isTrained: [index],
  removed: [index],
  memoryUse: [index],
  inner: [map],
  wrapped: [index],
  searchParameters: [refine],
  add: [index, rows, token],
  addSync: [index, rows],
  addWithIds: [map, rows, ids, token],
  addWithIdsSync: [map, rows, ids],
  upsert: [map, rows, ids, () => false, token],
  upsertSync: [map, rows, ids, () => false],
  ivfFlat: [() => D, () => 3, () => 1, () => true, empty],
  ivfScalarQuantizer: [() => D, () => 3, () => 4, () => 1, () => true, empty],
  nlist: [ivf],
  nprobe: [ivf],
  setNprobe: [ivf, nprobe],
  quantizer: [ivf],
  listSizes: [ivf, token],
  listSizesSync: [ivf],
  imbalance: [ivf, token],
  imbalanceSync: [ivf],
  mergeFrom: [ivf, ivf, () => 100n, token],
  mergeFromSync: [ivf, ivf, () => 100n],
  kmeans: [rows, () => D, () => 2, params, progress, token],
  kmeansSync: [rows, () => D, () => 2, params],
  train: [() => native.ivfFlat(D, 2, 1, true, undefined), rows, params, progress, token],
  trainSync: [() => native.ivfFlat(D, 2, 1, true, undefined), rows, params],
  search: [refine, rows, () => 3, filter, searchParams, token],
  searchSync: [refine, rows, () => 3, filter, searchParams],
  rangeSearch: [refine, rows, () => 9, filter, searchParams, token],
  rangeSearchSync: [refine, rows, () => 9, filter, searchParams],
  removeIds: [index, filter, token],
  removeIdsSync: [index, filter],
  reconstruct: [index, () => 3n, token],
  reconstructSync: [index, () => 3n],
  reconstructAll: [index, () => BigInt64Array.of(3n, 3n), token],
  reconstructAllSync: [index, () => BigInt64Array.of(3n, 3n)],
  has: [index, () => 3n, token],
  hasSync: [index, () => 3n],
  ids: [index, token],
  idsSync: [index],
  keyMap: [empty],
  addWithKeys: [keyMap, rows, () => keys('a', 'b'), token],
  addWithKeysSync: [keyMap, rows, () => keys('a', 'b')],
  upsertKeys: [keyed, rows, () => keys('b', 'c'), () => false, token],
  upsertKeysSync: [keyed, rows, () => keys('b', 'c'), () => false],
  reconstructKeys: [keyed, () => keys('a', 'a'), token],
  reconstructKeysSync: [keyed, () => keys('a', 'a')],
  hasKey: [keyed, () => keys('a'), token],
  hasKeySync: [keyed, () => keys('a')],
  keys: [keyed, token],
  keysSync: [keyed],
  reset: [index, token],
  resetSync: [index],
  close: [index],
  readIndex: [() => 'good', token],
  readIndexSync: [() => 'good'],
  mapIndex: [() => 'good', () => true, token],
  mapIndexSync: [() => 'good', () => false],
  writeIndex: [index, () => 'written', () => false, () => false, token],
  writeIndexSync: [index, () => 'written', () => true, () => false],
  serializeIndex: [index, token],
  serializeIndexSync: [index],
  takeBytes: [() => serialized, () => 5, () => new Uint8Array(100)],
  deserializeIndex: [() => bytes.slice(), token],
  deserializeIndexSync: [() => bytes],
  normalizeL2: [rows, () => D],
  token: [() => true, () => false],
  cancel: [token],
  threads: [],
  setThreads: [() => 2],
  simdTarget: [],
  simdTargets: [],
  taskCounts: [],
  sharing: [],
  timeOperation: [token],
  runTimes: [token],
  addonCopy: [],
  shareIndex: [index, () => true],
  unshareIndex: [shared],
  adoptIndex: [() => native.addonCopy(), () => native.shareIndex(shared(), false)[0]],
};

const classes = {
  ERR_INVALID_ARG_TYPE: TypeError,
  ERR_INVALID_ARG_VALUE: TypeError,
  ERR_OUT_OF_RANGE: RangeError,
  ERR_VORONODE_DIMENSION: RangeError,
  ERR_VORONODE_NOT_TRAINED: Error,
  ERR_VORONODE_CLOSED: Error,
  ERR_VORONODE_UNSUPPORTED: Error,
  ERR_VORONODE_CORRUPT: Error,
  ERR_VORONODE_NO_MEMORY: RangeError,
  ABORT_ERR: Error,
  ENOENT: Error,
  EISDIR: Error,
  ENAMETOOLONG: Error,
};

function isDocumented(error) {
  if (isThrownByCaller(error)) return true;
  const Class = classes[error?.code];
  return Class !== undefined && Object.getPrototypeOf(error) === Class.prototype && error.message.length > 0;
}

const name = process.argv[2];
// Numbers of lists that ask for gigabytes, which some machines grant.
const tooMuch = (i, what) => name.startsWith('ivf') && i === 1 && /^2\^(2|3)/.test(what);
const asynchronous = good[name].at(-1) === token && !['cancel', 'timeOperation', 'runTimes'].includes(name);
let calls = 0;

async function call(what, args) {
  calls++;
  let pending;
  try {
    pending = native[name](...args);
  } catch (error) {
    if (asynchronous) console.log(`${name}(${what}) threw instead of rejecting: ${error?.stack ?? error}`);
    else if (!isDocumented(error)) console.log(`${name}(${what}) threw ${error?.code} ${error?.stack ?? error}`);
    return;
  }
  if (asynchronous && !(pending instanceof Promise)) console.log(`${name}(${what}) returned no promise`);
  try {
    await pending;
  } catch (error) {
    if (!isDocumented(error)) console.log(`${name}(${what}) rejected with ${error?.code} ${error?.stack ?? error}`);
  }
}

const args = () => good[name].map((make) => make());
for (const [what, make] of Object.entries(values)) {
  for (let i = 0; i < good[name].length; i++) {
    // A count that size is a wish for that much memory, which some machines grant.
    if (name.endsWith('earch') && i === 2 && what === '2^31 - 1') continue;
    if (name.endsWith('earchSync') && i === 2 && what === '2^31 - 1') continue;
    if (tooMuch(i, what)) continue;
    const bad = args();
    bad[i] = make();
    await call(`argument ${i} = ${what}`, bad);
  }
  await call(`all = ${what}`, good[name].map(make));
  await call(`one argument too many: ${what}`, [...args(), make(), make(), make(), make(), make()]);
}
await call('no arguments', []);
await call('a thousand arguments', new Array(1000).fill(1));
for (const receiver of [null, undefined, 1, {}, index()]) {
  calls++;
  await Reflect.apply(native[name], receiver, args());
}

// The addon is as it was.
const { labels, distances } = native.searchSync(index(), Float32Array.of(4, 5, 6, 8), 2, undefined);
if (native.searchSync(keyed(), rows(), 1, undefined).keys.length !== 4) console.log(`after ${name}: wrong keys`);
if (labels.join() !== '1,2' || distances.join() !== '1,57')
  console.log(`after ${name}: wrong answer ${labels}: ${distances}`);
console.log(`${calls} calls`);
