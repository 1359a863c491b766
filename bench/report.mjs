// What a run hands out: JSON with everything measured, a chart, and the generated section of docs/benchmarks.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expected } from './expected.mjs';

const docs = (name) => fileURLToPath(new URL(`../docs/${name}`, import.meta.url));

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
