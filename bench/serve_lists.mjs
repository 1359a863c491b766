// The inverted files of the question "serve".
import { IndexIVFFlat } from 'voronode';

const POINTS = 256; // training vectors a list: more would be sampled
const BATCH = 100_000; // vectors added in a call

/** What an inverted file of the data set is trained with. */
export function sampleOf({ d, n, nlist, base }) {
  return base.subarray(0, Math.min(n, POINTS * nlist) * d);
}

/** Trained, with no vectors. */
export async function trainedLists({ nprobe, ...dataset }) {
  const { d, nlist, metric } = dataset;
  const index = new IndexIVFFlat(d, nlist, { metric, nprobe });
  await index.train(sampleOf(dataset));
  return index;
}

/** With all vectors of the data set. */
export async function filledLists(dataset) {
  const { d, base } = dataset;
  const index = await trainedLists(dataset);
  for (let at = 0; at < base.length; at += BATCH * d) await index.add(base.subarray(at, at + BATCH * d));
  return index;
}
