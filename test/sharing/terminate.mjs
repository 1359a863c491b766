/**
 * `node terminate.mjs <times> <description>`: workers search, add, upsert, remove, merge and save on indexes of the main
 * thread, and are terminated in the midst of it. Afterwards the index is what the completed operations make of it, one after
 * the other; an operation that was under way is in it whole, or not at all.
 *
 * Vectors come in groups of 8, which each operation takes together. Group g of those that are replaced has made step s when
 * Atomics.load(steps, g) is s; what step s does, `stateAt` says. Groups that are merged are new each time.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { serialized } from '../lifecycle/programs/addon.mjs';
import { adopt, D, made, native, range, rows, share, worker } from './shared.mjs';

const GROUP = 8;
const GROUPS = 63; // each worker has as many
const WORKERS = 3;
const MERGED = 1 << 20; // ids from here on

/** The version of a group after so many steps; 0: it is not there. */
const stateAt = (step) => (step % 4 === 0 ? 0 : step);

function vectorsOf(group, version) {
  const vectors = rows(GROUP, group + 1);
  for (let i = 0; i < GROUP; i++) {
    vectors[i * D] = version;
    vectors[i * D + 1] = group * GROUP + i;
  }
  return vectors;
}
const idsOf = (group) => range(group * GROUP, GROUP);

class Work {
  constructor({ index, staging, memory, number, folder }) {
    this.index = adopt(index);
    this.staging = adopt(staging);
    this.steps = new Int32Array(memory, 0, GROUPS);
    this.added = new Int32Array(memory, GROUPS * 4); // [0]: groups begun; [1 + i]: whether the i-th is complete
    this.number = number;
    this.folder = folder;
  }

  async step(group) {
    const step = Atomics.load(this.steps, group) + 1;
    const version = stateAt(step);
    if (version === 0) await native.removeIds(this.index, { type: 'batch', ids: idsOf(group) }, undefined);
    else await native.upsert(this.index, vectorsOf(group, version), idsOf(group), false, undefined);
    Atomics.store(this.steps, group, step);
  }

  async add() {
    const i = Atomics.add(this.added, 0, 1);
    const group = MERGED / GROUP + i;
    await native.addWithIds(this.staging, vectorsOf(group, 1), idsOf(group), undefined);
    Atomics.store(this.added, 1 + i, 1);
    if (i % 4 === 0) await native.mergeFrom(this.index, this.staging, 0n, undefined);
    else if (i % 4 === 1) native.mergeFromSync(this.index, this.staging, 0n);
  }

  async look() {
    const { labels } = await native.search(this.index, rows(4, 3), 20, undefined, undefined, undefined);
    if (labels.includes(-1n)) throw new Error('too few found');
    native.searchSync(this.index, rows(1, 4), 3, (id) => id % 2n === 0n);
    native.deserializeIndexSync(await serialized(this.index));
    await native.writeIndex(this.index, join(this.folder, `${this.number}`), true, false, undefined);
  }

  /** Many operations at once, of which each group has one at a time. */
  async run() {
    const forever = async (turn) => {
      for (let i = 0; ; i++) await turn(i);
    };
    const mine = Array.from({ length: GROUPS / WORKERS }, (_, i) => i * WORKERS + this.number);
    await Promise.all([
      ...mine.map((group) => forever(() => this.step(group))),
      forever(() => this.add()),
      forever(() => this.look()),
    ]);
  }
}

/** Group -> version of what an index holds. Complains of groups that are not whole. */
function groupsOf(index) {
  const found = new Map();
  for (const id of native.idsSync(index)) {
    if (id < GROUPS * GROUP || id >= MERGED) {
      const group = Number(id) / GROUP - (Number(id) % GROUP) / GROUP;
      found.set(group, (found.get(group) ?? 0) + 1);
    }
  }
  for (const [group, count] of found) {
    const vectors = native.reconstructAllSync(index, idsOf(group));
    const version = vectors[0];
    if (count !== GROUP) console.log(`group ${group} has ${count} vectors`);
    if (vectors.join() !== vectorsOf(group, version).join()) console.log(`group ${group} is mixed`);
    found.set(group, version);
  }
  return found;
}

function check(index, staging, memory) {
  const steps = new Int32Array(memory, 0, GROUPS);
  const added = new Int32Array(memory, GROUPS * 4);
  const [here, there] = [groupsOf(index), groupsOf(staging)];
  for (let group = 0; group < GROUPS; group++) {
    const possible = [steps[group], steps[group] + 1].map(stateAt);
    if (!possible.includes(here.get(group) ?? 0)) console.log(`group ${group}: ${here.get(group)}, not ${possible}`);
  }
  for (let i = 0; i < added[0]; i++) {
    const copies = [here, there].filter((groups) => groups.has(MERGED / GROUP + i)).length;
    if (copies > 1 || (copies === 0 && added[1 + i] === 1)) console.log(`added group ${i} is there ${copies} times`);
  }
  // One made anew of the same vectors answers alike, to the bit.
  const ids = native.idsSync(index);
  const fresh = native.deserializeIndexSync(native.serializeIndexSync(index));
  native.resetSync(fresh);
  native.addWithIdsSync(fresh, native.reconstructAllSync(index, ids), ids);
  const [a, b] = [index, fresh].map((one) => native.searchSync(one, rows(50, 9), 20, undefined));
  if (a.labels.join() !== b.labels.join() || a.distances.join() !== b.distances.join()) console.log('other answers');
  return `${native.ntotal(index) === ids.length ? 'whole' : 'counted wrong'}`;
}

async function main(times, description) {
  const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const index = made(description, 0);
  // Others, so that all find enough; far from the groups that are merged. An inverted file needs the same centroids.
  native.addWithIdsSync(index, rows(2000, 7), range(GROUPS * GROUP, 2000));
  const staging = native.deserializeIndexSync(native.serializeIndexSync(index));
  native.resetSync(staging);
  const memory = new SharedArrayBuffer(4 * (GROUPS + 1 + 1_000_000));
  const data = { index: share(index), staging: share(staging), memory, folder };
  const begin = (number) => worker(import.meta.url, { ...data, number });
  const workers = await Promise.all([0, 1, 2].map(begin));
  for (let i = 0; i < times; i++) {
    const number = i % WORKERS;
    await pause((i % 11) * 2);
    await workers[number].terminate();
    workers[number] = await begin(number);
  }
  await Promise.all(workers.map((one) => one.terminate()));
  console.log(`terminated ${times}, ${check(index, staging, memory)}`);
  const steps = new Int32Array(memory, 0, GROUPS).reduce((sum, step) => sum + step, 0);
  console.error(`${steps} steps, ${new Int32Array(memory, GROUPS * 4)[0]} groups added`);
}

if (isMainThread) {
  await main(Number(process.argv[2]), process.argv[3]);
} else {
  const work = new Work(workerData);
  work.run().catch((error) => {
    throw error;
  });
  setImmediate(() => parentPort.postMessage('working'));
}
