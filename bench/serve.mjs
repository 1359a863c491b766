// What does a service get, that has many single searches under way at once? Five parts: callers that each await one search
// against one call of as many queries; short searches beside long work on another index; readers beside a writer that
// replaces vectors; the event loop while a large index is filled, saved and loaded; other packages, which search on the event
// loop. All answers of this library are compared, bit by bit. See docs/benchmarks.md.
import { setThreads } from 'voronode';
import { openDataset } from './data.mjs';
import { expected } from './expected.mjs';
import { describe, machine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { report } from './report.mjs';
import { measureCallers } from './serve_callers.mjs';
import { measureGiants } from './serve_giant.mjs';
import { BATCH } from './serve_giant_works.mjs';
import { measureLoop } from './serve_loop.mjs';
import { measurePeers } from './serve_peers.mjs';
import { legend, renderBlock } from './serve_report.mjs';
import { measureUpserts } from './serve_upserts.mjs';

const LISTS = 1024;
const FEWEST_POINTS = 64; // training vectors a list, where few vectors call for fewer lists

export async function main(args) {
  const options = readOptions('serve', args);
  if (options === undefined) return 0;
  const shapes = withLists(options);
  const results = { machine: machine(), command: options.command, k: options.k, blocks: [] };
  const head = [describe(results.machine), legend(options)];
  await report('serve', options, { results, head, render: renderBlock }, blocks(shapes, options));
  return 0;
}

async function* blocks(shapes, options) {
  for (const shape of shapes) {
    for (const threads of options.threads) yield await measure({ ...shape, threads }, options);
  }
}

/** The shapes with their lists, and how many of them a search visits. */
function withLists({ shapes, nlist, nprobe, k }) {
  return shapes.map((shape) => {
    const lists = nlist?.[0] ?? Math.min(LISTS, 2 ** Math.floor(Math.log2(Math.max(1, shape.n / FEWEST_POINTS))));
    if (shape.n < Math.max(k, lists)) throw expected(`n = ${shape.n} is less than k = ${k} or nlist = ${lists}`);
    return { ...shape, nlist: lists, nprobe: Math.min(nprobe[0], lists) };
  });
}

async function measure(shape, options) {
  const dataset = openDataset(shape, Math.max(BATCH, ...options.nq));
  setThreads(shape.threads);
  const block = { ...shape };
  if (options.parts.includes('callers')) block.callers = await measureCallers(dataset, options);
  if (options.parts.includes('giant')) block.giant = await measureGiants(dataset, options);
  if (options.parts.includes('upserts')) block.upserts = await measureUpserts(dataset, options);
  if (options.parts.includes('loop')) block.loop = await measureLoop(dataset, options);
  if (options.parts.includes('peers') && options.rivals.length > 0) block.peers = await measurePeers(dataset, options);
  return block;
}
