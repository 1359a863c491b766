// Tables and numbers as text that is also Markdown, so that the terminal and docs/benchmarks.md show the same.

/** @param {string[][]} rows the head first; columns after the first `left` are set flush right */
export function table(rows, left = 0) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const pad = (cell, column) => (column < left ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
  const rule = widths.map((width, column) => (column < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [head, ...body] = rows.map((row) => line(row.map(pad)));
  return [head, line(rule), ...body].join('\n');
}

/** 1000 → 1000, 200000 → 200k, 1000000 → 1M. */
export function size(n) {
  if (n >= 1e6 && n % 1e5 === 0) return `${n / 1e6}M`;
  return n >= 1e4 && n % 1e3 === 0 ? `${n / 1e3}k` : String(n);
}

/** Three digits. */
export function number(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {number} seconds */
export function time(seconds) {
  if (seconds >= 1) return `${number(seconds)} s`;
  return seconds >= 1e-3 ? `${number(seconds * 1e3)} ms` : `${number(seconds * 1e6)} µs`;
}

/** `2.13 ms (2.10–2.40)`: median, least and most, in the median's unit. */
export function times({ median, min, max }) {
  const unit = median >= 1 ? 1 : median >= 1e-3 ? 1e3 : 1e6;
  return `${time(median)} (${number(min * unit)}–${number(max * unit)})`;
}

/** `4.10 (3.90–4.40)` */
export function ratio({ median, min, max }) {
  return `${number(median)} (${number(min)}–${number(max)})`;
}
