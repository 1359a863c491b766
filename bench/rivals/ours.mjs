// This library: `search` as a server calls it, and `searchSync` for the single query.
import { IndexFlatIP, IndexFlatL2, setThreads, simdTarget } from 'voronode';
import { expected } from '../expected.mjs';
import { packageVersion } from '../machine.mjs';
import { inProcess } from './contestant.mjs';

/** Variants by name, as --ours takes them: options of the constructor. */
const variants = {
  default: {},
  'no-sketch': { sketch: false },
};

/** A version that takes nonsense for `sketch` does not know the option: its two variants would be the same. */
function knowsSketches() {
  try {
    new IndexFlatL2(1, { sketch: 'nonsense' }).close();
    return false;
  } catch {
    return true;
  }
}

/** @returns an empty index of a data set's metric */
export function emptyIndex(dataset, variant = 'default') {
  if (variant === 'no-sketch' && !knowsSketches()) throw expected('this version has no sketches to leave out');
  const Flat = dataset.metric === 'ip' ? IndexFlatIP : IndexFlatL2;
  return new Flat(dataset.d, variants[variant]);
}

export async function ours(dataset, variant) {
  const { d, queries } = dataset;
  const index = emptyIndex(dataset, variant);
  await index.add(dataset.base);
  const names = { rival: 'voronode', version: `${packageVersion} (${simdTarget()})`, ours: true };
  const name = (call) => (variant === 'default' ? call : `${call}, ${variant}`);
  const labelsOf = (found) => Array.from(found.labels, Number);
  const use = async (threads) => {
    setThreads(threads);
    return true;
  };
  const window = (first, nq) => queries.subarray(first * d, (first + nq) * d);
  return [
    inProcess({
      ...names,
      setting: name('search'),
      search: (first, nq, k) => index.search(window(first, nq), k),
      labelsOf,
      use,
      close: async () => index.close(),
    }),
    inProcess({
      ...names,
      setting: name('searchSync'),
      singleOnly: true,
      search: (first, nq, k) => index.searchSync(window(first, nq), k),
      labelsOf,
      use,
    }),
  ];
}
