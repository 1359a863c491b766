// Does an index with sketches answer large data to the bit as one without, for any k, any cut of a batch, any number of
// threads? Small and hostile data are the business of the tests (native/test/index_flat_sketched.cc).
import { IndexFlat, setThreads } from 'voronode';
import { openDataset } from './data.mjs';
import { readOptions } from './options.mjs';

const THREADS = [1, 2, 4, 8];
const KS = [1, 10, 100, 1000];
const BATCHES = [1, 3, 8, 40];

export async function main(args) {
  const options = readOptions('same', args);
  if (options === undefined) return 0;
  for (const shape of options.shapes) {
    const { d, metric, base, queries } = openDataset(shape, Math.max(...BATCHES));
    const [index, plain] = [true, false].map((sketch) => new IndexFlat(d, { metric, sketch }));
    for (const each of [index, plain]) each.addSync(base);
    let compared = 0;
    for (const threads of THREADS) {
      setThreads(threads);
      for (const k of KS) {
        for (const nq of BATCHES) {
          const asked = queries.subarray(0, nq * d);
          compare(index.searchSync(asked, k), plain.searchSync(asked, k), { ...shape, threads, k, nq });
          compared += nq * k;
        }
      }
    }
    console.log(`${d} × ${shape.n}, ${shape.data}, ${metric}: ${compared} places, the same bits`);
    for (const each of [index, plain]) each.close();
  }
  return 0;
}

function compare(found, expected, where) {
  const bytes = ({ distances, labels }) => [distances, labels].map((array) => Buffer.from(array.buffer));
  const [a, b] = [bytes(found), bytes(expected)];
  if (!a.every((array, i) => array.equals(b[i]))) throw new Error(`different answers: ${JSON.stringify(where)}`);
}
