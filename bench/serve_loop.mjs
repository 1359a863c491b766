// Does the event loop come round while all vectors are added in one call that gives them away, searched, saved, loaded and let go?
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { IndexFlat, readIndex, writeIndex } from 'voronode';
import { spread } from './rounds.mjs';
import { Answers, checkSameBits } from './serve_answers.mjs';
import { loopDelayOf } from './serve_load.mjs';

/** What the design wants: seconds that 99.9 % of the delays are shorter than, and that the call of add takes at the most. */
export const LONGEST_DELAY = 5e-3;
export const LONGEST_CALL = 1e-3;

const ROUNDS = 3;
const BATCH = 64; // queries of a call
const STEPS = ['nothing', 'add', 'search', 'save', 'load', 'close'];

/** @returns the steps, each over all rounds, and all of them together; the first is nothing, which shows the machine */
export async function measureLoop(dataset, { k, seconds }) {
  const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
  const rounds = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const vectors = dataset.base.slice();
      const work = { ...dataset, vectors, path: join(folder, 'index'), k, seconds: seconds / ROUNDS };
      const idle = await measureStep(() => sleep((1000 * seconds) / ROUNDS));
      const { result, delay, worst } = await loopDelayOf(() => measureRound(work));
      rounds.push([idle, ...result, { delay, worst }]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const rows = [...STEPS, 'all'].map((step, i) =>
    summary(
      step,
      rounds.map((one) => one[i]),
    ),
  );
  const [{ call }, all] = [rows[1], rows.at(-1)];
  return { rows, keepsCall: call.median <= LONGEST_CALL, keepsDelay: all.delay.median <= LONGEST_DELAY };
}

/** How long the call itself and all of it took, and the event loop meanwhile. */
async function measureStep(run) {
  const { result, delay, worst } = await loopDelayOf(async () => {
    const begin = performance.now();
    const pending = run();
    const call = (performance.now() - begin) / 1000;
    const value = await pending;
    return { value, call, seconds: (performance.now() - begin) / 1000 };
  });
  return { ...result, delay, worst };
}

/** The steps that do something, in their order. */
async function measureRound({ d, metric, vectors, queries, path, k, seconds }) {
  const seen = [];
  const step = async (run) => {
    const { value, ...measured } = await measureStep(run);
    seen.push(measured);
    return value;
  };
  const asked = queries.subarray(0, BATCH * d);
  const index = new IndexFlat(d, { metric });
  await step(() => index.add(vectors, { transfer: true }));
  await step(() => searchFor(seconds, () => index.search(asked.slice(), k, { transfer: true })));
  await step(() => writeIndex(index, path));
  const loaded = await step(() => readIndex(path));
  const [ours, again] = [new Answers(BATCH, k), new Answers(BATCH, k)];
  ours.put(0, await index.search(asked, k));
  again.put(0, await loaded.search(asked, k));
  checkSameBits('the index that was saved and loaded', again, ours);
  await step(async () => {
    index.close();
    loaded.close();
  });
  return seen;
}

async function searchFor(seconds, search) {
  const end = performance.now() + seconds * 1000;
  do await search();
  while (performance.now() < end);
}

function summary(step, measured) {
  const of = (what) => (measured[0][what] === undefined ? undefined : spread(measured.map((one) => one[what])));
  return { step, call: of('call'), seconds: of('seconds'), delay: of('delay'), worst: of('worst') };
}
