// Replaces, removes and adds vectors for as long as wanted while others search, and checks every answer: all that is
// never removed is found, each once, under the version that some moment had. Then tells how much memory the process has.
//
//   npm run test:upserts -- [seconds] [description] [vectors] [d]
import { randomInt } from 'node:crypto';
import { indexFactory, stats } from '../dist/index.mjs';

const [seconds = '20', description = 'IDMap,Flat', count = '2000', dimension = '16'] = process.argv.slice(2);
const n = Number(count);
const d = Number(dimension);
const READERS = 16;
const BATCH = 8;
const EVER = BigInt(n); // ids from here on come and go

const index = indexFactory(d, description);
// Component 0 says which vector it is, far from all others; component 1 its version, which moves it by little.
const vectorOf = (id, version) => {
  const x = new Float32Array(d);
  x[0] = id * 1000;
  x[1] = version % 100;
  return x;
};
const all = (version) => {
  const x = new Float32Array(n * d);
  for (let id = 0; id < n; id++) x.set(vectorOf(id, version), id * d);
  return x;
};
index.trainSync(all(0), { minPointsPerCentroid: 1 });
index.addWithIdsSync(
  all(0),
  BigInt64Array.from({ length: n }, (_, i) => BigInt(i)),
);
const options = {
  ...(description.includes('IVF') && { nprobe: 1e6 }),
  ...(/R(Flat|efine)/.test(description) && { kFactor: 1000 }),
};

const versions = new Int32Array(n); // the last that is complete
const begun = new Int32Array(n);
// What codes answer with is near the vectors only.
const exact = !/SQ/.test(description) || description.includes('RFlat');
let done = false;
let searches = 0;
let replaced = 0;
const faults = [];

async function read() {
  while (!done && faults.length === 0) {
    const id = randomInt(n);
    const least = versions[id];
    const { labels, distances } = await index.search(vectorOf(id, 0), 3, options);
    const times = labels.filter((label) => label === BigInt(id)).length;
    const version = Math.round(Math.sqrt(distances[labels.indexOf(BigInt(id))]));
    const lowest = least % 100;
    const highest = begun[id] % 100;
    const fits = lowest <= highest ? version >= lowest && version <= highest : version >= lowest || version <= highest;
    if (times !== 1 || (exact && begun[id] - least < 100 && !fits)) {
      faults.push({ id, times, version, least, begun: begun[id], labels: [...labels], distances: [...distances] });
    }
    searches++;
  }
}

async function write() {
  for (let round = 0; !done && faults.length === 0; round++) {
    const ids = [...new Set(Array.from({ length: BATCH }, () => randomInt(n)))];
    const x = new Float32Array(ids.length * d);
    ids.forEach((id, i) => {
      begun[id]++;
      x.set(vectorOf(id, begun[id]), i * d);
    });
    replaced += await index.upsert(x, ids);
    for (const id of ids) versions[id] = begun[id];
    if (round % 10 === 0) {
      const passing = BigInt64Array.from({ length: 20 }, () => EVER + BigInt(randomInt(n)));
      await index.upsert(
        Float32Array.from({ length: 20 * d }, () => -1e6 - Math.random()),
        passing,
      );
    }
    if (round % 10 === 5) await index.removeIds(BigInt64Array.from({ length: 40 }, () => EVER + BigInt(randomInt(n))));
    await new Promise(setImmediate);
  }
}

const megabytes = () => Math.round(process.memoryUsage.rss() / 1e6);
const before = megabytes();
// Code is compiled by then, and V8 has the room that it wants.
let warm = before;
setTimeout(() => {
  warm = megabytes();
}, Number(seconds) * 100).unref();
const clock = setTimeout(() => {
  done = true;
}, Number(seconds) * 1000);
await Promise.all([write(), ...Array.from({ length: READERS }, read)]);
clearTimeout(clock);
console.log(`${description}: ${replaced} replaced, ${searches} searches, ${stats().merged} of them merged`);
console.log(
  `resident: ${before} MB at the beginning, ${warm} MB after a tenth of the time, ${megabytes()} MB at the end`,
);
if (faults.length > 0) {
  console.error('wrong answers:', faults.slice(0, 3));
  process.exit(1);
}
