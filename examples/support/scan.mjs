// The same question answered by a plain loop over all vectors, in float64: slow, simple, and the judge of the index.

/** The unit roundoff of float32. */
const U = 2 ** -24;

/**
 * Distances of a query (size d) to n items (n × d), in float64: values[i], and how far a float32 result may be from it. A sum
 * of d terms, in whatever order, is off by at most about d · U times the sum of their magnitudes; 8 more roundings cover
 * differences and normalisation.
 *
 * @param metric 'l2': squared Euclidean | 'ip': inner product | 'cosine'
 */
export function plainDistances(metric, query, items, d) {
  const n = items.length / d;
  const values = new Float64Array(n);
  const errors = new Float64Array(n);
  const queryLength = metric === 'cosine' ? Math.hypot(...query) : 1;
  for (let i = 0; i < n; i++) {
    const item = items.subarray(i * d, (i + 1) * d);
    const scale = metric === 'cosine' ? 1 / (queryLength * Math.hypot(...item)) : 1;
    let sum = 0;
    let magnitudes = 0;
    for (let j = 0; j < d; j++) {
      const term = metric === 'l2' ? (query[j] - item[j]) ** 2 : query[j] * item[j] * scale;
      sum += term;
      magnitudes += Math.abs(term);
    }
    values[i] = sum;
    errors[i] = (d + 8) * U * magnitudes;
  }
  return { values, errors };
}

/**
 * Compares a row of results with a plain scan of n items. Neighbours that float32 cannot tell apart may change places;
 * equal distances must stand in the order of ids. Returns how many of the places are identical.
 *
 * @param row `{ labels, distances }` @param ids of the items, all different @param excluded an id that may not be found
 * @throws Error that names the first difference
 */
export function compare(metric, row, query, { ids, vectors, d }, k, excluded) {
  const { values, errors } = plainDistances(metric, query, vectors, d);
  const sign = metric === 'l2' ? 1 : -1;
  const order = [...values.keys()]
    .filter((i) => ids[i] !== excluded)
    .sort((a, b) => sign * (values[a] - values[b]) || (ids[a] < ids[b] ? -1 : 1));
  const expect = (holds, message) => {
    if (!holds) throw new Error(`the index and the plain scan differ: ${message}`);
  };
  expect(row.labels.length === Math.min(k, order.length), `${row.labels.length} results`);
  expect(new Set(row.labels).size === row.labels.length, 'an id was found twice');

  const position = new Map(order.map((i) => [ids[i], i]));
  const tolerance = 2 * errors.reduce((a, b) => Math.max(a, b), 0);
  let identical = 0;
  row.labels.forEach((id, place) => {
    const i = position.get(id);
    const [found, best] = [row.distances[place], order[place]];
    expect(i !== undefined, `place ${place} has id ${id}, which is not among the items`);
    expect(Math.abs(found - values[i]) <= errors[i], `id ${id} has distance ${found}, the scan says ${values[i]}`);
    expect(Math.abs(values[i] - values[best]) <= tolerance, `place ${place} has id ${id}, the scan says ${ids[best]}`);
    if (place > 0 && found === row.distances[place - 1]) expect(row.labels[place - 1] < id, `tie at place ${place}`);
    if (i === best) identical++;
  });
  return identical;
}
