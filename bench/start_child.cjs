// Loads a package, searches with it once, and prints what that took: seconds, and bytes of resident memory gained.
//
//   node start_child.cjs voronode | usearch | faiss-node  <path of the package>
const { readFileSync } = require('node:fs');

const [name, path] = process.argv.slice(2);
const [d, n] = [16, 1000];

/** The exact search of each, over vectors that stand at (0, 0, …), (1, 0, …), (2, 0, …), …; the nearest to (7, 0, …). */
const searches = {
  voronode({ IndexFlatL2 }, vectors, query) {
    const index = new IndexFlatL2(d);
    index.addSync(vectors);
    return index.searchSync(query, 1).labels[0];
  },
  usearch({ exactSearch, MetricKind }, vectors, query) {
    return exactSearch(vectors, query, d, 1, MetricKind.L2sq, 1).keys[0];
  },
  'faiss-node'({ IndexFlatL2 }, vectors, query) {
    const index = new IndexFlatL2(d);
    index.add(Array.from(vectors));
    return index.search(Array.from(query), 1).labels[0];
  },
};

function resident() {
  if (process.platform !== 'linux') return process.memoryUsage.rss();
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}

const vectors = new Float32Array(n * d);
for (let i = 0; i < n; i++) vectors[i * d] = i;
const query = vectors.slice(7 * d, 8 * d);
resident(); // what it needs itself is there
const before = resident();
const start = performance.now();
const library = require(path);
const seconds = (performance.now() - start) / 1000;
const loaded = resident() - before;
const found = Number(searches[name](library, vectors, query));
if (found !== 7) throw new Error(`${name} found ${found}, not 7`);
console.log(JSON.stringify({ seconds, loaded, searched: resident() - before }));
