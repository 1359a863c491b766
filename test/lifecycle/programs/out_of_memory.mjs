/**
 * Uses the addon while its allocations fail. Each call must succeed or fail with ERR_VORONODE_NO_MEMORY, and a failed one leave
 * the index as it was. Prints what is wrong, then how many calls failed.
 */

const failed = [];
let natives;
try {
  natives = (await import('./addon.mjs')).native;
} catch (error) {
  note(error, 'load');
}

function note(error, what) {
  failed.push(what);
  if (error?.code !== 'ERR_VORONODE_NO_MEMORY') console.log(`${what} failed with ${error?.code} ${error?.stack}`);
}

async function attempt(what, body) {
  try {
    return await body();
  } catch (error) {
    note(error, what);
    return undefined;
  }
}

async function useAll(native, way) {
  const call = (name, ...args) => attempt(name + way, () => native[name + way](...args));
  /** A change by n vectors, or none. */
  const change = async (index, n, name, ...args) => {
    const before = native.ntotal(index);
    const count = failed.length;
    await call(name, index, ...args);
    const expected = failed.length > count ? before : before + n;
    if (native.ntotal(index) !== expected) console.log(`${name}${way}: ntotal ${native.ntotal(index)} for ${expected}`);
  };
  const D = 64;
  const few = Float32Array.from({ length: 3000 * D }, (_, i) => (i * 31) % 97);
  const many = new Float32Array(20_000 * D).fill(2); // enough for the largest blocks
  const ids = BigInt64Array.from({ length: 3000 }, (_, i) => BigInt(3 * i));
  const filter = { type: 'not', of: { type: 'bitmap', bits: new Uint8Array(4) } };

  const flat = await attempt('flat', () => native.flat(D, 1, true));
  if (flat !== undefined) {
    await change(flat, 3000, 'add', few);
    await change(flat, 20_000, 'add', many);
    const found = await call('search', flat, few.subarray(D, 2 * D), 3, undefined);
    if (found && native.ntotal(flat) === 23_000 && found.labels[0] !== 1n) console.log(`search${way}: ${found.labels}`);
    await call('rangeSearch', flat, few.subarray(0, 2 * D), 1e6, undefined);
  }
  const map = await attempt('idMap', () => native.idMap(native.flat(D, 1, true), false));
  if (map !== undefined) {
    await change(map, 3000, 'addWithIds', few, ids);
    const bytes = await call('serializeIndex', map);
    const read = bytes && (await call('deserializeIndex', bytes));
    if (read && native.ntotal(read) !== native.ntotal(map)) console.log('read and written differ');
    await call('search', map, few.subarray(0, 10 * D), 5, filter);
    const rows = native.ntotal(map);
    await call('ids', map);
    await call('has', map, 300n);
    if (rows > 0) await call('reconstructAll', map, ids.subarray(0, 100));
    if (rows > 0) await attempt('reconstruct', () => native.reconstructSync(map, 300n));
    if (rows > 0) await change(map, 0, 'upsert', few.subarray(0, 100 * D), ids.subarray(0, 100), false);
    await change(map, rows > 0 ? -10 : 0, 'removeIds', { type: 'batch', ids: ids.subarray(0, 10) });
  }
  const ivfs = await attempt('ivfFlat', () => [1, 2].map(() => native.ivfFlat(D, 8, 1, true, undefined)));
  if (ivfs !== undefined) {
    const trained = [];
    for (const ivf of ivfs) trained.push(await call('train', ivf, few, { niter: 2, minPointsPerCentroid: 1 }));
    if (!trained.includes(undefined)) {
      const [one, other] = ivfs;
      await change(other, 3000, 'addWithIds', few, ids);
      await change(one, 3000, 'add', few);
      await call('search', one, few.subarray(0, 10 * D), 5, undefined, [2]);
      if (native.ntotal(one) > 0) await attempt('reconstruct', () => native.reconstructSync(one, 300n));
      await change(one, native.ntotal(other), 'mergeFrom', other, 10_000n);
    }
  }
  const found = await call('kmeans', few, D, 8, { niter: 2 });
  if (found && found.assignments.length !== 3000) console.log(`kmeans: ${found.assignments.length} assignments`);
  await attempt('factory', () => native.factory(D, 'IDMap,L2norm,Flat', 0));
  await attempt('token', () => native.cancel(native.token()));
}

if (natives !== undefined) {
  await useAll(natives, 'Sync');
  await useAll(natives, '');
}
console.log(`${failed.length} failed`);
