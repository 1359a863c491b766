// What compiles, and what must not. Checked by types.test.ts, as CommonJS and, copied to .mts, as an ES module.

import {
  type AnySearchOptions,
  type ClusteringProgress,
  type DescribedIndex,
  deserializeIndex,
  type ErrorCode,
  type FilterFunction,
  getThreads,
  IDSelector,
  IDSelectorAnd,
  IDSelectorBatch,
  IDSelectorBitmap,
  IDSelectorNot,
  IDSelectorRange,
  type Ids,
  Index,
  IndexFlat,
  IndexFlatIP,
  IndexFlatL2,
  IndexIDMap,
  IndexIDMap2,
  IndexIVF,
  IndexIVFFlat,
  IndexIVFScalarQuantizer,
  IndexKeyMap,
  IndexPreTransform,
  type IndexRefine,
  IndexRefineFlat,
  type IndexScalarQuantizer,
  type IVFSearchOptions,
  indexFactory,
  isVoronodeError,
  type KeyFilterFunction,
  type KeyRangeSearchResult,
  type KeyResultRow,
  type KeySearchOptions,
  type KeySearchResult,
  KeySelector,
  type Keys,
  type KMeansResult,
  kmeans,
  kmeansSync,
  type Metric,
  matrix,
  normalizeL2,
  type RangeSearchResult,
  readIndex,
  readIndexSync,
  type SearchOptions,
  type SearchOptionsOf,
  type SearchResult,
  type SyncKeySearchOptions,
  type SyncSearchOptions,
  serializeIndexSync,
  setThreads,
  suggestIndex,
  type TuneResult,
  tune,
  type VoronodeError,
  writeIndex,
} from 'voronode';

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const vectors = new Float32Array(8);

export async function works(signal: AbortSignal): Promise<void> {
  using flat = new IndexFlatL2(4);
  const ip: Index = new IndexFlat(4, { metric: 'ip' });
  const map = new IndexIDMap2(new IndexFlatIP(4));
  const asMap: IndexIDMap = map;
  same<typeof map.index, IndexFlatIP>(true);
  same<typeof ip.metric, Metric>(true);
  same<Metric, 'l2' | 'ip' | 'l1' | 'linf'>(true);

  await flat.add(vectors, { signal });
  flat.addSync(vectors);
  const added = map.add_with_ids(vectors, [1, 2n]);
  same<typeof added, Promise<void>>(true);
  map.addWithIdsSync(vectors, BigInt64Array.of(1n, 2n));
  const ids: Ids = [1, 2n] as const;
  await asMap.addWithIds(vectors, ids);

  const options: SearchOptions = { signal, filter: new IDSelectorNot(new IDSelectorRange(0, 10n)) };
  const found = await flat.search(vectors, 3, options);
  same<typeof found, SearchResult>(true);
  same<typeof found.labels, BigInt64Array>(true);
  same<typeof found.distances, Float32Array>(true);
  for (const { labels, distances } of flat.searchSync(vectors, 3)) {
    const [id, distance] = [labels[0], distances[0]];
    const both: [bigint | undefined, number | undefined] = [id, distance];
    void both;
  }
  const odd: FilterFunction = (id) => id % 2n === 1n;
  const sync: SyncSearchOptions = { signal, filter: odd };
  same<SearchResult, ReturnType<typeof map.searchSync>>(true);
  flat.searchSync(vectors, 3, sync);
  flat.rangeSearchSync(vectors, 3, { filter: (id) => id === 2n });
  const inRange = await flat.rangeSearch(vectors, 1.5);
  same<typeof inRange, RangeSearchResult>(true);
  same<typeof inRange.lims, Float64Array>(true);

  const removed: number = await map.removeIds(new IDSelectorBatch([1]));
  const removedSync: number = map.removeIdsSync([removed]);
  const vector: Float32Array = map.reconstructSync(BigInt(removedSync));
  normalizeL2(vector, 4);
  matrix([[1, 2], vector, [3] as const]);
  setThreads(getThreads());

  const lists = new IndexIVFFlat(4, 2, { metric: 'ip', quantizer: ip, nprobe: 2, sketch: false });
  const coded = new IndexIVFScalarQuantizer(4, 2, 'SQ8', { metric: 'ip', nprobe: 2, byResidual: false });
  const asIVF: IndexIVF = lists ?? coded;
  const progress = ({ run, iteration, objective, imbalance }: ClusteringProgress) =>
    void [run, iteration, objective, imbalance];
  await lists.train(vectors, { niter: 3, seed: 1, spherical: true, minPointsPerCentroid: 1, progress, signal });
  lists.trainSync(vectors, { nredo: 2, maxPointsPerCentroid: 10 });
  await lists.search(vectors, 3, { nprobe: 2, filter: new IDSelectorRange(0, 10) });
  lists.nprobe = lists.nlist;
  same<typeof lists.quantizer, Index>(true);
  const sizes: Float64Array = lists.listSizesSync();
  await lists.mergeFrom(asIVF, 100n, { signal });
  lists.mergeFromSync(lists, sizes.length + lists.imbalanceSync());
  const tuned: TuneResult = await tune(map, vectors, { recall: 0.9, k: 5, set: true, signal });
  const points: number[] = tuned.curve.map(
    ({ nprobe, recall, queriesPerSecond }) => nprobe * recall * queriesPerSecond,
  );
  indexFactory(4, suggestIndex(1e6, 4, { ids: true }).description);
  const clusters: KMeansResult = await kmeans(vectors, 4, points.length, { niter: 5, progress, signal });
  same<typeof clusters.assignments, Uint32Array>(true);
  same<typeof clusters.objective, Float64Array>(true);
  same<typeof clusters.centroids, Float32Array>(true);
  kmeansSync(vectors, 4, 2, { seed: 3 });

  const refined = new IndexRefineFlat(indexFactory(4, 'IVF2,SQ8'), { kFactor: 2.5 });
  same<typeof refined.baseIndex, IndexIVFScalarQuantizer>(true);
  refined.kFactor = 2 * refined.kFactor;
  await refined.search(vectors, 3, { nprobe: 2, kFactor: 4 });

  const made: Index = indexFactory(4, 'L2norm,Flat', 'ip');
  if (made instanceof IndexPreTransform) void made.index;
  await writeIndex(made, new URL('file:///index.faiss'), { signal });
  const back: Index = await readIndex('index.faiss');
  const copy: Index = await deserializeIndex(serializeIndexSync(back));
  copy.close();
  const code: ErrorCode = 'ERR_VORONODE_CLOSED';
  void code;
}

/** Descriptions have types, and each takes the options that its kind takes. */
export async function described(text: string, nlist: number): Promise<void> {
  const [flat, ip, lists] = [indexFactory(4, 'Flat'), indexFactory(4, 'Flat', 'ip'), indexFactory(4, 'IVF128,Flat')];
  same<typeof flat, IndexFlatL2>(true);
  same<typeof ip, IndexFlatIP>(true);
  same<typeof lists, IndexIVFFlat>(true);
  lists.nprobe = 8;
  const coded = [indexFactory(4, 'IVF4k,SQ8'), indexFactory(4, `IVF${nlist},SQfp16`, 'ip')] as const;
  same<(typeof coded)[0], IndexIVFScalarQuantizer>(true);
  same<(typeof coded)[1], IndexIVFScalarQuantizer>(true);
  const map = indexFactory(4, 'IDMap,L2norm,IVF128,Flat', 'ip');
  same<typeof map, IndexIDMap<IndexPreTransform<IndexIVFFlat>>>(true);
  map.index.index.nprobe = 8;
  await map.search(vectors, 3, { nprobe: 8 });
  const refined = indexFactory(4, 'IDMap2,IVF128,SQ8,RFlat');
  same<typeof refined, IndexIDMap2<IndexRefineFlat<IndexIVFScalarQuantizer>>>(true);
  refined.index.kFactor = 4;
  await refined.search(vectors, 3, { nprobe: 8, kFactor: 4, filter: new IDSelectorRange(0, 3) });
  same<DescribedIndex<'SQ4'>, IndexScalarQuantizer>(true);
  same<DescribedIndex<'IVF2,SQbf16', 'ip'>, IndexIVFScalarQuantizer>(true);
  same<DescribedIndex<'SQ8_uniform'>, Index>(true); // refused
  same<DescribedIndex<'IDMap,IVF2,SQ6,Refine(SQfp16)'>, IndexIDMap<IndexRefine<IndexIVFScalarQuantizer>>>(true);
  same<DescribedIndex<'Flat,Refine(Flat)'>, IndexRefineFlat<IndexFlatL2>>(true);
  const learnt = indexFactory(4, 'IDMap,L2norm,PCAWR3,IVF128,SQ8');
  same<typeof learnt, IndexIDMap<IndexPreTransform<IndexIVFScalarQuantizer>>>(true);
  same<DescribedIndex<'RR,Flat'>, IndexPreTransform<IndexFlatL2>>(true);
  same<DescribedIndex<'Pad64,Flat'>, IndexPreTransform<IndexFlatL2>>(true);
  same<DescribedIndex<'PCAx,Flat'>, Index>(true);
  const any = indexFactory(4, text);
  same<typeof any, Index>(true);
  same<typeof any, DescribedIndex<string>>(true);
  any.searchSync(vectors, 3, { nprobe: 8, kFactor: 4 });
  const read = await readIndex<IndexIDMap<IndexIVFFlat>>('index.faiss');
  read.index.nprobe = 8;
  readIndexSync<IndexFlat>('index.faiss').searchSync(vectors, 3);
  same<SearchOptionsOf<typeof lists>, IVFSearchOptions>(true);
  const takesAny = (index: Index, options: AnySearchOptions) => index.searchSync(vectors, 3, options);
  for (const index of [flat, ip, lists, map, refined, any]) takesAny(index, { nprobe: 3 });
}

/** Strings for ids. */
export async function keyed(signal: AbortSignal, list: readonly string[], set: ReadonlySet<string>): Promise<void> {
  using map = new IndexKeyMap(new IndexFlatL2(4));
  same<typeof map, IndexKeyMap<IndexFlatL2>>(true);
  same<typeof map.index, IndexFlatL2>(true);
  const keys: Keys = ['a', 'b'] as const;
  await map.addWithKeys(vectors, keys, { signal, transfer: true });
  map.addWithKeysSync(vectors, set);
  const replaced: number = await map.upsert(vectors, new Set(['a', 'b']));
  map.updateVectorsSync(vectors, list);
  const removed: number = await map.removeKeys(new IDSelectorNot(new KeySelector(list)), { priority: 'background' });
  map.removeKeysSync(set);
  const has: boolean = await map.has('a');
  const all: string[] = map.keysSync();
  const one: Float32Array = await map.reconstruct('a');
  const many: Float32Array = map.reconstructSync(all);
  const options: KeySearchOptions = { signal, filter: ['a'] };
  const found = await map.search(vectors, 3, options);
  same<typeof found, KeySearchResult>(true);
  const [key, distance]: [string | undefined, number | undefined] = [found.keys(0)[0], found.distances[0]];
  for (const { keys, distances } of found) void [keys[0]?.length, distances.length];
  const rows: { key: string; distance: number }[][] = found.toArray();
  const startsWithA: KeyFilterFunction = (key) => key.startsWith('a');
  const sync: SyncKeySearchOptions = { filter: startsWithA };
  map.searchSync(vectors, 3, sync);
  const row: KeyResultRow = map.searchOneSync(one, 3, { filter: (key) => key !== 'b' });
  const range: KeyRangeSearchResult = await map.rangeSearch(many, 1, { filter: new KeySelector(row.keys) });
  const lists = new IndexKeyMap(indexFactory(4, 'IVF2,SQ8,RFlat'));
  await lists.train(vectors, { niter: 3 });
  await lists.search(vectors, 3, { nprobe: 2, kFactor: 2, filter: set });
  await writeIndex(lists, 'keys.faiss');
  const read = await readIndex<IndexKeyMap>('keys.faiss');
  const typed = readIndexSync<IndexKeyMap<IndexIVFFlat>>('keys.faiss');
  typed.index.nprobe = 2;
  const copy = await deserializeIndex<typeof lists>(serializeIndexSync(lists));
  await copy.mergeFrom(lists, { signal });
  await read.mergeFrom(typed);
  void [replaced, removed, has, key, distance, range, rows];
}

export function keyedDoesNot(map: IndexKeyMap<IndexFlatL2>, index: Index): void {
  // @ts-expect-error: numbers are no keys
  map.addWithKeysSync(vectors, [1, 2]);
  // @ts-expect-error: one string is no list
  map.upsertSync(vectors, 'a');
  // @ts-expect-error: it takes keys
  map.addSync(vectors);
  // @ts-expect-error: no function is called off the thread
  map.search(vectors, 1, { filter: (key: string) => key !== 'a' });
  // @ts-expect-error: a function of the key
  map.searchSync(vectors, 1, { filter: (id: bigint) => id > 2n });
  // @ts-expect-error: a flat index has no lists
  map.searchSync(vectors, 1, { nprobe: 3 });
  // @ts-expect-error: a map of keys is no index with ids
  const ids: Index = map;
  // @ts-expect-error: nor can one be put around it
  new IndexIDMap(map);
  // @ts-expect-error: another map of keys
  map.mergeFromSync(index);
  // @ts-expect-error: its results have keys
  map.searchSync(vectors, 1).labels;
  void ids;
}

export function caught(error: unknown): void {
  if (!isVoronodeError(error)) throw error;
  same<typeof error.code, ErrorCode>(true);
  same<typeof error, VoronodeError>(true);
}

export function takesNoOther(flat: IndexFlatL2, lists: IndexIVFFlat, map: IndexIDMap<IndexFlatL2>): void {
  // @ts-expect-error: a flat index has no lists
  flat.searchSync(vectors, 3, { nprobe: 8 });
  // @ts-expect-error: nor has a map around one
  map.searchSync(vectors, 3, { nprobe: 8 });
  // @ts-expect-error: nothing is refined
  lists.searchSync(vectors, 3, { kFactor: 8 });
  // @ts-expect-error: the parameter of another kind
  flat.nprobe = 8;
  // @ts-expect-error: it is in the index inside
  new IndexIDMap(lists).nprobe = 8;
  // @ts-expect-error: a wrapper of lists takes what they take, and no more
  new IndexIDMap(lists).searchSync(vectors, 3, { nprobe: 8, kFactor: 3 });
  // @ts-expect-error: undefined is no metric
  new IndexFlat(4, { metric: undefined });
}

export function doesNot(index: Index, selector: IDSelector): void {
  // @ts-expect-error: no numbers in place of vectors
  index.addSync([1, 2]);
  // @ts-expect-error: nor doubles
  index.addSync(new Float64Array(4));
  // @ts-expect-error: k is not optional
  index.searchSync(vectors);
  // @ts-expect-error: k is a number
  index.searchSync(vectors, 3n);
  // @ts-expect-error: a misspelt option
  index.searchSync(vectors, 3, { fliter: selector });
  // @ts-expect-error: a filter is a selector, or a function of the id
  index.searchSync(vectors, 3, { filter: [1, 2] });
  // @ts-expect-error: it answers at once
  index.searchSync(vectors, 3, { filter: async () => true });
  // @ts-expect-error: no function is called off the thread
  index.search(vectors, 3, { filter: (id: bigint) => id > 2n });
  readIndexSync('index.faiss', { mmap: true, verify: true });
  // @ts-expect-error: yes or no
  readIndexSync('index.faiss', { mmap: 1 });
  // @ts-expect-error: ids are no strings
  index.addWithIdsSync(vectors, ['1', '2']);
  // @ts-expect-error: nor unsigned
  index.addWithIdsSync(vectors, BigUint64Array.of(1n));
  // @ts-expect-error: labels are bigints
  const label: number | undefined = index.searchSync(vectors, 1).labels[0];
  // @ts-expect-error: a promise is no result
  const result: SearchResult = index.search(vectors, 1);
  // @ts-expect-error: read-only
  index.d = 5;
  // @ts-expect-error: read-only
  index.ntotal = 5;
  // @ts-expect-error: abstract
  new Index();
  // @ts-expect-error: abstract
  new IndexIVF();
  // @ts-expect-error: nlist is not optional
  new IndexIVFFlat(4);
  // @ts-expect-error: no such code
  new IndexIVFScalarQuantizer(4, 2, 'SQ5');
  // @ts-expect-error: no index
  new IndexIVFFlat(4, 2).mergeFrom(vectors);
  // @ts-expect-error: no progress in place
  index.trainSync(vectors, { progress: () => undefined });
  // @ts-expect-error: a misspelt option
  index.search(vectors, 1, { nprobes: 3 });
  // @ts-expect-error: vectors are no arrays
  kmeansSync([1, 2], 1, 1);
  // @ts-expect-error: abstract
  new IDSelector();
  // @ts-expect-error: made by indexFactory
  new IndexPreTransform();
  // @ts-expect-error: an option, not an argument
  new IndexRefineFlat(index, 4);
  // @ts-expect-error: two metrics
  new IndexFlat(4, { metric: 'cosine' });
  // @ts-expect-error: the metric is in the name
  new IndexFlatL2(4, { metric: 'ip' });
  // @ts-expect-error: an index, not a dimension
  new IndexIDMap(4);
  // @ts-expect-error: two selectors
  new IDSelectorAnd(selector);
  // @ts-expect-error: bytes
  new IDSelectorBitmap([1, 2]);
  // @ts-expect-error: internal
  Index.handle('index', index);
  void [label, result];
}
