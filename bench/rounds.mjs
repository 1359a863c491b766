// Times in turn: every round times each contestant once, one after the other, so that a machine that slows down or warms
// up does so for all of them. Ratios are formed within a round, never across rounds.

/** A turn is short against the machine's moods, and long against the clock. */
const TURN = 0.1;
const LONGEST_TURN = 1;
const MOST_CALLS = 20;
const FEWEST_ROUNDS = 3;
const MOST_ROUNDS = 50;

/**
 * How many calls a turn has: the same for all, so that all answer the same queries.
 * @param {number[]} seconds one call of each contestant, roughly
 */
export function callsPerTurn(seconds) {
  const wanted = Math.floor(TURN / Math.min(...seconds));
  const allowed = Math.floor(LONGEST_TURN / Math.max(...seconds));
  return Math.max(1, Math.min(MOST_CALLS, wanted, allowed));
}

/**
 * @param {((round: number) => Promise<number>)[]} turns each gives the seconds per call of its contestant in a round
 * @param {number} seconds go on for at least so long
 * @returns {Promise<number[][]>} for each contestant its seconds per call, round by round
 */
export async function inTurn(turns, seconds) {
  const times = turns.map(() => []);
  const end = performance.now() + seconds * 1000;
  for (let round = 0; round < MOST_ROUNDS && (round < FEWEST_ROUNDS || performance.now() < end); round++) {
    for (const [i, turn] of turns.entries()) times[i].push(await turn(round));
  }
  return times;
}

/** @param {number[]} values */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/** theirs ÷ ours, round by round: above 1 we are faster. */
export function ratios(theirs, ours) {
  return spread(theirs.map((time, round) => time / ours[round]));
}
