/**
 * Uses the addon after a script has put a function of its own (argument 1) in the place of the constructors of typed arrays,
 * before or after the addon is loaded (argument 2). The function gets hold of the arrays that results are made of, and
 * transfers them while searches run. Each call must be answered right or fail with a code. Prints what is wrong, then how
 * many calls were answered.
 */

const kept = [];
const bufferOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Float32Array.prototype), 'buffer').get;
const transfer = (array) => {
  const buffer = bufferOf.call(array);
  if (buffer.byteLength > 0) structuredClone(buffer, { transfer: [buffer] });
};
const transferAll = () => {
  for (const array of kept.splice(0)) transfer(array);
};
const keep = (array) => {
  kept.push(array);
  return array;
};

/** What stands in for the constructor Real. */
const replacements = {
  keeps: (Real) => (n) => keep(new Real(n)),
  'is a subclass that keeps': (Real) =>
    class extends Real {
      constructor(n) {
        super(n);
        keep(this);
      }
    },
  'is a Proxy that keeps': (Real) => new Proxy(Real, { construct: (_, args) => keep(new Real(...args)) }),
  'transfers the one before': (Real) => (n) => {
    transferAll();
    return keep(new Real(n));
  },
  'makes them transferred': (Real) => (n) => {
    const array = new Real(n);
    transfer(array);
    return array;
  },
  'makes resizable ones': (Real) => (n) => {
    for (const array of kept.splice(0)) bufferOf.call(array).resize(0);
    const bytes = n * Real.BYTES_PER_ELEMENT;
    return keep(new Real(new ArrayBuffer(bytes, { maxByteLength: bytes })));
  },
  'makes longer ones': (Real) => (n) => new Real(n + 1),
  'makes others': () => (n) => new Int8Array(n),
  'makes none': () => () => ({ length: 1 }),
  throws: () => () => {
    throw new Error('no');
  },
  'is no function': () => 7,
};

const [, , name, when] = process.argv;

function replace() {
  for (const Real of [Float32Array, Float64Array, BigInt64Array, Uint32Array, Uint8Array]) {
    const value = replacements[name](Real);
    Object.defineProperty(Real.prototype, 'constructor', { value, configurable: true, writable: true });
  }
  for (const property of ['buffer', 'byteLength', 'byteOffset', 'length'])
    Object.defineProperty(Float32Array.prototype, property, { get: () => 1e9, configurable: true });
  Object.defineProperty(TypedArray, Symbol.species, { get: () => Array, configurable: true });
}

const TypedArray = Object.getPrototypeOf(Float32Array);
const [F32, I64] = [Float32Array, BigInt64Array];
const D = 8;
const rows = F32.from({ length: 2_000 * D }, (_, i) => (i * 31) % 97);
const queries = rows.slice(0, 200 * D);
const sample = rows.slice(0, 1000 * D);
const ids = I64.from({ length: 100 }, (_, i) => BigInt(i));

if (when === 'before') replace();
let native;
try {
  ({ native } = await import('../lifecycle/programs/addon.mjs'));
} catch (error) {
  if (when === 'after' || error.code !== 'ERR_VORONODE_UNSUPPORTED') console.log(`loading failed: ${error.stack}`);
  console.log('0 answered');
  process.exit(0);
}
if (when === 'after') replace();

// The last: an argument was transferred.
const coded = ['ERR_VORONODE_UNSUPPORTED', 'ERR_VORONODE_NO_MEMORY', 'ERR_INVALID_ARG_VALUE'];
let answered = 0;
async function attempt(what, call, isRight) {
  try {
    const found = await call();
    answered++;
    if (!isRight(found)) console.log(`${what}: a wrong answer`);
  } catch (error) {
    if (!coded.includes(error.code)) console.log(`${what}: ${error.stack}`);
  }
}

const index = native.flat(D, 1, true);
native.addSync(index, rows);
const ivf = native.ivfFlat(D, 4, 1, true, undefined);
native.trainSync(ivf, sample, { niter: 2 });
// Whoever transfers his own result has none; what was not transferred must be right.
const own = ({ distances }) => distances[0] === undefined || distances[0] === 0;
const none = undefined;

for (let round = 0; round < 6; round++) {
  const pending = [];
  for (let i = 0; i < 4; i++) {
    pending.push(
      attempt('search', () => native.search(index, queries, 50, none, none, none), own),
      attempt('rangeSearch', () => native.rangeSearch(index, queries, 1, none, none, none), own),
      attempt(
        'kmeans',
        () => native.kmeans(queries, D, 4, { niter: 2 }, none, none),
        () => true,
      ),
      attempt(
        'serializeIndex',
        () => native.serializeIndex(ivf, none),
        () => true,
      ),
    );
    transferAll();
    await new Promise(setImmediate);
    transferAll();
  }
  await Promise.all(pending);
  await attempt('searchSync', () => native.searchSync(index, queries, 50, none), own);
  await attempt('rangeSearchSync', () => native.rangeSearchSync(index, queries, 1, none), own);
  await attempt(
    'kmeansSync',
    () => native.kmeansSync(queries, D, 4, { niter: 2 }),
    () => true,
  );
  await attempt(
    'reconstruct',
    () => native.reconstructSync(index, 3n),
    () => true,
  );
  await attempt(
    'listSizes',
    () => native.listSizesSync(ivf),
    () => true,
  );
  // A constructor that transfers what a call borrows.
  const [borrowed, names] = [keep(new F32(queries)), keep(new I64(ids))];
  await attempt('searchSync of what is transferred', () => native.searchSync(index, borrowed, 50, none), own);
  await attempt(
    'removeIdsSync',
    () => native.removeIdsSync(ivf, { type: 'batch', ids: names }),
    () => true,
  );
}
console.log(`${answered} answered`);
