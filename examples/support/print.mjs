// Tables for a terminal, at most WIDTH columns wide.

export const WIDTH = 100;

const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const style = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = style(1);
export const dim = style(2);
export const green = style(32);

export const count = (n) => n.toLocaleString('en-US');
export const milliseconds = (ms) => `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;

/** Runs `work` and says how long it took: `[result, milliseconds]`. */
export async function timed(work) {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}

/** Text on the left and on the right of one line. */
export function line(left, right, paint = (text) => text) {
  const gap = ' '.repeat(Math.max(2, WIDTH - columns(left) - columns(right)));
  console.log(paint(left) + gap + dim(right));
}

/**
 * Rows of strings below their titles. The last column takes the room that is left, and is cut to it.
 * @param heads titles; those that begin with '>' are aligned to the right
 */
export function table(heads, rows) {
  const right = heads.map((head) => head.startsWith('>'));
  const cells = [heads.map((head) => head.replace('>', '')), ...rows];
  const widths = heads.map((_, j) => Math.max(...cells.map((row) => columns(row[j]))));
  const last = heads.length - 1;
  widths[last] = WIDTH - 2 * heads.length - widths.slice(0, last).reduce((a, b) => a + b, 0);
  cells.forEach((row, i) => {
    const text = row.map((cell, j) => `  ${pad(cut(cell, widths[j]), widths[j], right[j])}`).join('');
    console.log(i === 0 ? dim(text.trimEnd()) : text.trimEnd());
  });
}

/** How many columns the text takes: emoji take two. */
function columns(text) {
  return [...text].reduce((sum, character) => sum + (/\p{Emoji_Presentation}/u.test(character) ? 2 : 1), 0);
}

function cut(text, width) {
  if (columns(text) <= width) return text;
  const characters = [...text];
  while (columns(characters.join('')) >= width) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}

function pad(text, width, right) {
  const space = ' '.repeat(Math.max(0, width - columns(text)));
  return right ? space + text : text + space;
}
