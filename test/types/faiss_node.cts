// What compiles with voronode/faiss-node, and what must not: as with faiss-node's own declarations, by name, as a whole and
// by default. Checked by types.test.ts, as CommonJS and, copied to .mts, as an ES module.

import type { SearchResult } from 'voronode/faiss-node';
import * as whole from 'voronode/faiss-node';
import faiss, { Index, IndexFlatIP, IndexFlatL2, MetricType } from 'voronode/faiss-node';

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

export async function works(): Promise<void> {
  const index = new IndexFlatL2(2);
  const asIndex: Index = new faiss.IndexFlatL2(2);
  same<whole.IndexFlatL2, IndexFlatL2>(true);
  same<faiss.IndexFlatL2, IndexFlatL2>(true);
  same<typeof faiss.IndexFlatL2, typeof IndexFlatL2>(true);
  const { default: imported } = await import('voronode/faiss-node');
  same<typeof imported.IndexFlatL2, typeof IndexFlatL2>(true);

  index.add([1, 2]);
  index.train([1, 2]);
  const found: SearchResult = index.search([1, 2], 1);
  same<typeof found.labels, number[]>(true);
  same<typeof found.distances, number[]>(true);
  const counts: number[] = [index.ntotal(), index.getDimension(), index.removeIds([0])];
  const trained: boolean = index.isTrained();
  index.mergeFrom(new IndexFlatL2(counts.length));
  asIndex.mergeFrom(new IndexFlatIP(2));

  index.write('index.faiss');
  const bytes: Buffer = index.toBuffer();
  same<ReturnType<typeof Index.read>, Index>(true);
  same<ReturnType<typeof IndexFlatL2.read>, IndexFlatL2>(true);
  same<ReturnType<typeof IndexFlatIP.fromBuffer>, IndexFlatIP>(true);
  IndexFlatL2.fromBuffer(bytes);
  const metric: MetricType = MetricType.METRIC_INNER_PRODUCT;
  Index.fromFactory(2, 'Flat', metric).add([Number(trained)]);
  const name: string | undefined = MetricType[1];
  void name;
}

export function doesNot(index: Index): void {
  // @ts-expect-error: vectors are arrays of numbers
  index.add(new Float32Array(2));
  // @ts-expect-error: one argument
  index.add([1, 2], 1);
  // @ts-expect-error: k is not optional
  index.search([1, 2]);
  // @ts-expect-error: a method
  const n: number = index.ntotal;
  // @ts-expect-error: a dimension
  new IndexFlatL2();
  // @ts-expect-error: nothing asynchronous
  index.searchSync([1, 2], 1);
  // @ts-expect-error: not in 0.5.1
  new whole.IndexHNSW(2);
  void n;
}
