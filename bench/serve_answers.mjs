// The answers of many searches in one place, and whether two ways of searching gave the same bits.
import { expected } from './expected.mjs';

export class Answers {
  /** For so many queries. */
  constructor(count, k) {
    this.k = k;
    this.labels = new BigInt64Array(count * k);
    this.distances = new Float32Array(count * k);
  }

  /** Takes a result whose first query is the i-th here. */
  put(i, { labels, distances }) {
    this.labels.set(labels, i * this.k);
    this.distances.set(distances, i * this.k);
  }

  /** The answer to the i-th query alone. */
  at(i) {
    const { k } = this;
    return { k, labels: this.labels.subarray(i * k, i * k + k), distances: this.distances.subarray(i * k, i * k + k) };
  }

  /** How many queries. */
  get count() {
    return this.labels.length / this.k;
  }
}

/**
 * @param {string} what gave the answers `found`
 * @throws an error that names the first query which the two answer differently
 */
export function checkSameBits(what, found, right) {
  const bits = ({ labels, distances }) => [
    labels,
    new Int32Array(distances.buffer, distances.byteOffset, distances.length),
  ];
  const [ours, theirs] = [bits(found), bits(right)];
  if (ours.every((each, i) => asBuffer(each).equals(asBuffer(theirs[i])))) return;
  const places = ours.map((each, i) => each.findIndex((value, at) => value !== theirs[i][at]));
  const at = Math.min(...places.filter((place) => place >= 0));
  const place = ({ labels, distances }) => `vector ${labels[at]} at ${distances[at]}`;
  throw expected(
    `${what}: place ${at % right.k} of query ${Math.floor(at / right.k)} is ${place(found)}, but ${place(right)} is right`,
  );
}

const asBuffer = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
