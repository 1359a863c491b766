/** Endless work of every kind on one index, some of it always under way. Errors of the work itself are thrown. */

import { components, native, serialized } from './addon.mjs';

export function workOn(index) {
  const queries = components(32 * 8);
  const map = native.idMap(native.flat(32, 0, true), false);
  const rows = components(32 * 2000);
  const [ivf, other] = [1, 2].map(() => {
    const made = native.ivfFlat(32, 8, 1, true, undefined);
    native.trainSync(made, rows, { niter: 2 });
    return made;
  });
  native.addSync(ivf, rows);
  const kinds = [
    () => native.search(ivf, queries, 10, undefined, [3], undefined),
    () => native.train(native.ivfFlat(32, 16, 1, true, undefined), rows, undefined, () => native.nlist(ivf), undefined),
    () => native.mergeFrom(ivf, other, 0n, undefined),
    () => native.mergeFrom(other, ivf, 0n, undefined),
    () => native.kmeans(rows, 32, 20, undefined, () => undefined, undefined),
    () => native.search(index, queries, 10, undefined, undefined, undefined),
    () => native.search(index, queries, 100, { type: 'range', min: 10n, max: 5000n }, undefined, undefined),
    () => native.rangeSearch(index, queries, 1e9, undefined, undefined, undefined),
    () => native.serializeIndex(index, undefined),
    () => native.add(index, queries, undefined),
    () => native.removeIds(index, { type: 'range', min: 100n, max: 108n }, undefined),
    () =>
      native.addWithIds(
        map,
        queries,
        BigInt64Array.from({ length: 8 }, (_, i) => BigInt(i)),
        undefined,
      ),
    async () => native.deserializeIndex(await serialized(map), undefined),
    async () => native.reconstructSync(index, 5n),
  ];
  for (const i of kinds.keys()) runForEver(kinds, i);
}

/** In an order of its own for each start, so that everything meets everything. */
async function runForEver(kinds, start) {
  for (let round = start; ; round++) await kinds[(round * 7) % kinds.length]();
}
