// A service made with another package, which is CommonJS, as most are: what the bundlers get besides a program alone.
import assert from 'node:assert/strict';
import fastify from 'fastify';
import { IndexFlatL2, matrix } from 'voronode';

const index = new IndexFlatL2(2);
await index.add(
  matrix([
    [0, 0],
    [1, 0],
    [0, 3],
  ]),
);
const app = fastify();
app.get('/search', async (request) => {
  const { labels } = await index.search(Float32Array.of(Number(request.query.x), 0), 1);
  return { nearest: String(labels[0]) };
});
const answer = await app.inject('/search?x=0.75');
assert.equal(answer.body, '{"nearest":"1"}');
await app.close();
console.log('service: found');
