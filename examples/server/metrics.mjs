// Metrics for Prometheus from the channels of voronode, of one thread; page() adds those of several up.

import { tracingChannel } from 'node:diagnostics_channel';

const CHANNELS = ['search', 'add', 'remove', 'train', 'save', 'load'];
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]; // seconds

const histogram = () => ({ counts: new Array(BOUNDS.length + 1).fill(0), sum: 0 });

function observe({ counts, sum }, seconds) {
  const at = BOUNDS.findIndex((bound) => seconds <= bound);
  counts[at === -1 ? BOUNDS.length : at]++;
  return { counts, sum: sum + seconds };
}

/** Counts from now on. @returns a function that tells the counts so far, as a plain object */
export function count() {
  const told = { searched: histogram(), queued: histogram(), merged: 0, errors: {} };
  const began = new WeakMap();
  tracingChannel('voronode:search').subscribe({
    start: (call) => began.set(call, performance.now()),
    asyncEnd: (call) => {
      const start = began.get(call);
      if (start === undefined) return;
      told.searched = observe(told.searched, (performance.now() - start) / 1000);
      if (call.queuedMs !== undefined) told.queued = observe(told.queued, call.queuedMs / 1000);
      if (call.merged > 1) told.merged++;
    },
  });
  for (const name of CHANNELS) {
    tracingChannel(`voronode:${name}`).subscribe({
      error: ({ error }) => {
        const key = `channel="${name}",code="${error.code}"`;
        told.errors[key] = (told.errors[key] ?? 0) + 1;
      },
    });
  }
  return () => told;
}

/** @param all what count() told in each thread or process @param now numbers of the moment */
export function page(all, { waiting, ntotal, bytes }) {
  const errors = {};
  for (const [key, n] of all.flatMap((one) => Object.entries(one.errors))) errors[key] = (errors[key] ?? 0) + n;
  const lines = [
    ...histogramLines(
      'voronode_search_seconds',
      'How long searches took.',
      all.map(({ searched }) => searched),
    ),
    ...histogramLines(
      'voronode_search_queued_seconds',
      'How long they waited.',
      all.map(({ queued }) => queued),
    ),
    ...head('voronode_searches_merged_total', 'counter', 'Searches that shared a run.'),
    `voronode_searches_merged_total ${all.reduce((sum, { merged }) => sum + merged, 0)}`,
    ...head('voronode_errors_total', 'counter', 'Calls that failed.'),
    ...Object.entries(errors).map(([labels, n]) => `voronode_errors_total{${labels}} ${n}`),
    ...head('voronode_waiting', 'gauge', 'Calls that wait for a thread of this process.'),
    `voronode_waiting ${waiting}`,
    ...head('voronode_vectors', 'gauge', 'Vectors in a copy of the index.'),
    `voronode_vectors ${ntotal}`,
    ...head('voronode_index_bytes', 'gauge', 'What a copy takes.'),
    `voronode_index_bytes ${bytes}`,
  ];
  return `${lines.join('\n')}\n`;
}

function histogramLines(name, help, all) {
  const counts = BOUNDS.map((_, i) => all.reduce((sum, one) => sum + one.counts[i], 0));
  const total = all.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b), 0);
  let below = 0;
  const buckets = BOUNDS.map((bound, i) => {
    below += counts[i];
    return `${name}_bucket{le="${bound}"} ${below}`;
  });
  const sum = all.reduce((a, one) => a + one.sum, 0);
  const ends = [`${name}_bucket{le="+Inf"} ${total}`, `${name}_sum ${sum}`, `${name}_count ${total}`];
  return [...head(name, 'histogram', help), ...buckets, ...ends];
}

const head = (name, type, help) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
