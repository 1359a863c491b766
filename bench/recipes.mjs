// What the vectors are. A recipe makes, from d and a seed, a function that writes one vector; stored vectors and queries
// come from the same function with different random numbers, so a query is a fresh draw and not a stored vector.
import { Random } from './random.mjs';

/** `version` changes when the numbers that a recipe yields change: files of older ones are then not used again. */
export const recipes = {
  gaussian: {
    version: 1,
    metric: 'l2',
    says: 'independent normal components: the worst case for pruning',
    make: gaussian,
  },
  clustered: {
    version: 1,
    metric: 'l2',
    says:
      '1000 clusters in 32 hidden dimensions (centres normal, members spread by 0.4), mapped to d by a fixed random ' +
      'matrix, plus noise of 0.05 in every component: shaped like learned embeddings',
    make: clustered,
  },
  lowrank: {
    version: 1,
    metric: 'l2',
    says:
      '32 hidden normal components, mapped to d by a fixed random matrix, plus noise of 0.05 in every component: intrinsic ' +
      'dimension 32, no clusters',
    make: lowrank,
  },
  unit: { version: 1, metric: 'ip', says: 'the clustered ones scaled to length 1, as for cosine', make: unit },
  integers: {
    version: 1,
    metric: 'l2',
    says: 'independent whole numbers 0 to 255: all distances are exact',
    make: integers,
  },
};

const HIDDEN = 32;
const CLUSTERS = 1000;
const SPREAD = 0.4;
const NOISE = 0.05;

function gaussian(d) {
  return (random, out, at) => {
    for (let j = 0; j < d; j++) out[at + j] = random.gaussian();
  };
}

function integers(d) {
  return (random, out, at) => {
    for (let j = 0; j < d; j++) out[at + j] = Math.floor(random.uniform() * 256);
  };
}

function clustered(d, seed) {
  const hidden = Math.min(HIDDEN, d);
  const random = new Random(seed);
  const centres = normals(random, CLUSTERS * hidden, 1);
  const write = mapped(d, hidden, random);
  return (draw, out, at) => {
    const centre = Math.floor(draw.uniform() * CLUSTERS) * hidden;
    write(draw, out, at, (h) => centres[centre + h] + SPREAD * draw.gaussian());
  };
}

function lowrank(d, seed) {
  const write = mapped(d, Math.min(HIDDEN, d), new Random(seed));
  return (draw, out, at) => write(draw, out, at, () => draw.gaussian());
}

/** @returns what writes a vector whose hidden components a function gives one by one */
function mapped(d, hidden, random) {
  const matrix = normals(random, hidden * d, 1 / Math.sqrt(hidden)); // components then have a variance near 1
  return (draw, out, at, component) => {
    for (let j = 0; j < d; j++) out[at + j] = NOISE * draw.gaussian();
    for (let h = 0; h < hidden; h++) {
      const z = component(h);
      for (let j = 0; j < d; j++) out[at + j] += z * matrix[h * d + j];
    }
  };
}

function normals(random, count, scale) {
  return Float64Array.from({ length: count }, () => random.gaussian() * scale);
}

function unit(d, seed) {
  const row = clustered(d, seed);
  return (random, out, at) => {
    row(random, out, at);
    let square = 0;
    for (let j = 0; j < d; j++) square += out[at + j] ** 2;
    for (let j = 0; j < d; j++) out[at + j] /= Math.sqrt(square);
  };
}
