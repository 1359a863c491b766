// Recall against speed: what each contestant reaches with 1, 2, 4, … lists, and how fast each is at one recall.
import { recall } from './recall.mjs';
import { inTurn, ratios, spread } from './rounds.mjs';

/** Where speeds are compared. */
export const RECALLS = [0.9, 0.95, 0.99];

/**
 * @param {object[]} contestants with `probe`; ours first
 * @param {{ nlist: number, nq: number, k: number, exact: number[], seconds: number }} plan
 * @returns {Promise<{ rival: string, setting: string, points: object[] }[]>} a curve for each contestant: until ours is
 *   past the last of RECALLS
 */
export async function measureCurves(contestants, { nlist, nq, k, exact, seconds }) {
  const curves = contestants.map(({ rival, setting, ours }) => ({ rival, setting, ours, points: [] }));
  for (let nprobe = 1; ; nprobe = Math.min(2 * nprobe, nlist)) {
    for (const [i, each] of contestants.entries()) {
      each.probe(nprobe);
      const { labels } = await each.answer(nq, k);
      curves[i].points.push({ nprobe, recall: recall(labels, exact, k) });
    }
    const times = await inTurn(
      contestants.map((each) => () => each.time([0], nq, k)),
      seconds,
    );
    for (const [i, rounds] of times.entries()) {
      curves[i].points.at(-1).rates = rounds.map((each) => nq / each);
      curves[i].points.at(-1).queriesPerSecond = spread(rounds.map((each) => nq / each));
    }
    if (nprobe === nlist || curves[0].points.at(-1).recall >= RECALLS.at(-1)) return curves;
  }
}

/**
 * Queries per second of several curves of one rival at a recall: the best of them. Between two points the logarithm of
 * the rate is drawn as a straight line.
 * @param {(point: object) => number} rateOf
 * @returns {number | undefined} undefined where the recall is not reached
 */
export function rateAt(curves, wanted, rateOf) {
  const rates = curves.map(({ points }) => {
    const next = points.findIndex((point) => point.recall >= wanted);
    if (next < 1) return next < 0 ? 0 : rateOf(points[0]);
    const [low, high] = [points[next - 1], points[next]];
    const part = (wanted - low.recall) / (high.recall - low.recall);
    return rateOf(low) * (rateOf(high) / rateOf(low)) ** part;
  });
  const best = Math.max(0, ...rates);
  return best > 0 ? best : undefined;
}

/** For each of RECALLS: our rate, and each rival's with the ratio of ours to it, formed within rounds. */
export function compareCurves(curves) {
  const rivals = [...new Set(curves.filter((curve) => !curve.ours).map(({ rival }) => rival))];
  const rounds = (set) => Math.min(...set.flatMap(({ points }) => points.map(({ rates }) => rates.length)));
  return RECALLS.map((wanted) => {
    const ratesOf = (set) =>
      Array.from({ length: rounds(curves) }, (_, round) => rateAt(set, wanted, (point) => point.rates[round]));
    const mine = ratesOf(curves.filter((curve) => curve.ours));
    if (mine.includes(undefined)) return { recall: wanted, rivals: [] };
    return {
      recall: wanted,
      ours: spread(mine),
      rivals: rivals.map((rival) => {
        const theirs = ratesOf(curves.filter((curve) => curve.rival === rival));
        if (theirs.includes(undefined)) return { rival };
        return { rival, queriesPerSecond: spread(theirs), ratio: ratios(mine, theirs) };
      }),
    };
  });
}
