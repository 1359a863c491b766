// How much the resident memory of a process grows while an index is filled, and what the index says that it takes.
const { indexFactory } = require('voronode');

const [N, D, STEP] = [100_000, 128, 1000];
const batch = new Float32Array(STEP * D);
const kept = []; // so that none is collected in between
const resident = () => process.memoryUsage.rss();

function filled(description) {
  const index = indexFactory(D, description);
  kept.push(index);
  const draw = () => {
    for (let i = 0; i < batch.length; i++) batch[i] = Math.random();
    return batch;
  };
  index.trainSync(draw(), { minPointsPerCentroid: 1 });
  index.addSync(draw());
  const [before, had] = [resident(), index.stats().bytes.total];
  for (let n = STEP; n < N; n += STEP) index.addSync(draw());
  const { ntotal, bytes } = index.stats();
  return { grown: resident() - before + had, total: bytes.total, ntotal };
}

console.log(JSON.stringify({ Flat: filled('Flat'), 'IVF64,SQ8': filled('IVF64,SQ8') }));
