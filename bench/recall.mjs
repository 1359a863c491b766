// How good are the answers of an index that does not look everywhere? Recall: the share of the exact k nearest found.
import { IndexFlatIP, IndexFlatL2 } from 'voronode';
import { checkAnswers, truth } from './check.mjs';

/** Queries that are checked against a plain scan in float64. */
export const CHECKED = 4;

function flatOf(dataset, rows) {
  const index = new (dataset.metric === 'ip' ? IndexFlatIP : IndexFlatL2)(dataset.d);
  index.addSync(rows);
  return index;
}

/** The exact k nearest of every query of a data set, by exact search, some of them checked: size nq × k. */
export function exactAnswers(dataset, k) {
  const index = flatOf(dataset, dataset.base);
  const labels = Array.from(index.searchSync(dataset.queries, k).labels, Number);
  index.close();
  checkAnswers('exact search', dataset, labels.slice(0, CHECKED * k), k, truth(dataset, CHECKED, k));
  return labels;
}

/**
 * The share of `exact` that `found` has; both k a query.
 * @param {ArrayLike<number>} found may hold fewer queries
 */
export function recall(found, exact, k) {
  let hits = 0;
  for (let begin = 0; begin < found.length; begin += k) {
    const right = new Set(exact.slice(begin, begin + k));
    for (let i = begin; i < begin + k; i++) if (right.has(found[i])) hits++;
  }
  return hits / found.length;
}

/** The nearest centroid of each row (count × d), and how near it is. */
export function assign(dataset, centroids, rows) {
  const index = flatOf(dataset, centroids);
  const { labels, distances } = index.searchSync(rows, 1);
  index.close();
  return { labels, distances };
}

/** What k-means makes small: the mean squared distance to the nearest centroid ('ip': the mean inner product; large). */
export function objective(dataset, centroids, rows) {
  const { distances } = assign(dataset, centroids, rows);
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}
