// Embeddings that need no model, and the answers that belong to them. Components are small integers, so that sums are exact.
import { Embeddings } from '@langchain/core/embeddings';

export const DIMENSION = 8;

/** The same numbers as embed() of scripts/golden_langchain.py. */
export function embed(text) {
  const vector = new Array(DIMENSION).fill(0);
  [...text].forEach((character, i) => {
    const code = character.codePointAt(0);
    vector[(i + code) % DIMENSION] += code % 11;
  });
  return vector;
}

export class FakeEmbeddings extends Embeddings {
  constructor() {
    super({});
  }
  async embedDocuments(texts) {
    return texts.map(embed);
  }
  async embedQuery(text) {
    return embed(text);
  }
}

/** The k nearest of `texts` and their squared distances, equals in the order of `texts`, by plain arithmetic. */
export function nearest(texts, query, k) {
  const from = embed(query);
  return texts
    .map((text) => [text, embed(text).reduce((sum, x, j) => sum + (x - from[j]) ** 2, 0)])
    .sort((a, b) => a[1] - b[1]) // stable
    .slice(0, k);
}
