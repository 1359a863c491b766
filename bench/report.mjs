// What a run hands out: JSON with everything measured, a chart, and the generated section of docs/benchmarks.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expected } from './expected.mjs';
import { isBusy } from './machine.mjs';

const docs = (name) => fileURLToPath(new URL(`../docs/${name}`, import.meta.url));

/**
 * Prints block after block as they are measured, and hands all of them out.
 * @param {string} question names the section
 * @param {object} options see options.mjs
 * @param {{ results: object, head: string[], render: (block: object) => string, drawn?: (results: object) => object }} report
 *   results: with the machine and no blocks; head: what stands before the blocks; drawn: the svg, and its caption
 * @param {AsyncIterable<object>} blocks
 */
export async function report(question, options, { results, head, render, drawn = () => ({}) }, blocks) {
  const texts = [...head];
  console.log(`${texts.join('\n\n')}\n`);
  for await (const block of blocks) {
    results.blocks.push(block);
    texts.push(render(block));
    console.log(`${texts.at(-1)}\n`);
  }
  handOut(question, options, { results, markdown: texts.join('\n\n'), ...drawn(results) });
  if (isBusy(results.machine)) console.log('The machine was busy when this began: the figures are noise.');
}

/**
 * @param {string} question names the section
 * @param {object} options see options.mjs
 * @param {{ results: object, markdown: string, svg?: string, caption?: string }} report
 */
export function handOut(
  question,
  options,
  { results, markdown, svg, caption = 'How many times faster than each rival' },
) {
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 1)}\n`);
  if (options.svg !== undefined && svg !== undefined) writeFileSync(options.svg, svg);
  if (!options.writeDocs) return;
  const chart = `benchmarks-${question}.svg`;
  if (svg !== undefined) writeFileSync(docs(chart), svg);
  const picture = svg === undefined ? '' : `\n\n![${caption}](${chart})`;
  const path = docs('benchmarks.md');
  const text = `Measured by \`${options.command}\`.\n\n${markdown}${picture}`;
  writeFileSync(path, replaceSection(readFileSync(path, 'utf8'), question, text));
}

/** Replaces what stands between `<!-- <name>: begin -->` and `<!-- <name>: end -->`. */
export function replaceSection(document, name, text) {
  const begin = `<!-- ${name}: begin -->`;
  const end = `<!-- ${name}: end -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw expected(`docs/benchmarks.md has no section between "${begin}" and "${end}"`);
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}
