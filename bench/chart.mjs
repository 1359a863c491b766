// The ratios as horizontal bars, drawn straight as SVG: logarithmic, so that twice as fast and half as fast look alike.
import { number } from './table.mjs';

const LABEL = 190;
const PLOT = 480;
const VALUE = 130;
const BAR = 11;
const GAP = 8;
const TITLE = 34;
const colours = ['#3465a4', '#e08020', '#4e9a06'];
const WIDTH = LABEL + PLOT + VALUE;

/**
 * @param {string} title
 * @param {{ heading: string, groups: { label: string, bars: { rival: string, median: number, min: number, max: number }[] }[] }[]} blocks
 */
export function chart(title, blocks) {
  const bars = blocks.flatMap((block) => block.groups.flatMap((group) => group.bars));
  const rivals = [...new Set(bars.map((bar) => bar.rival))];
  const least = Math.min(0.5, ...bars.map((bar) => bar.min));
  const most = Math.max(2, ...bars.map((bar) => bar.max));
  const span = Math.log(most / least);
  const x = (value) => (LABEL + (PLOT * Math.log(value / least)) / span).toFixed(1);

  const body = [];
  let y = TITLE + 26;
  for (const block of blocks) {
    body.push(text(10, y + 12, escaped(block.heading), 'font-weight="bold"'));
    y += 24;
    for (const group of block.groups) {
      body.push(text(LABEL - 8, y + (BAR * group.bars.length) / 2 + 4, escaped(group.label), 'text-anchor="end"'));
      for (const bar of group.bars) {
        body.push(...drawBar(bar, y, x, colours[rivals.indexOf(bar.rival) % colours.length]));
        y += BAR;
      }
      y += GAP;
    }
    y += 6;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 10}" viewBox="0 0 ${WIDTH} ${y + 10}"`,
    ' font-family="sans-serif" font-size="12">',
    '<title>Times as fast as each rival, one bar a row of the tables</title>',
    `<rect width="${WIDTH}" height="${y + 10}" fill="white"/>`,
    text(10, 20, escaped(title), 'font-size="14" font-weight="bold"'),
    ...rivals.map((rival, i) => legend(10 + i * 200, TITLE, rival, colours[i % colours.length])),
    ...ticks(least, most).map((tick) => grid(x(tick), tick, y)),
    ...body,
    '</svg>\n',
  ].join('\n');
}

function drawBar(bar, y, x, colour) {
  const [left, right] = [Math.min(x(1), x(bar.median)), Math.max(x(1), x(bar.median))];
  const middle = y + BAR / 2;
  return [
    `<rect x="${left}" y="${y + 1}" width="${Math.max(1, right - left).toFixed(1)}" height="${BAR - 2}" fill="${colour}"/>`,
    `<path d="M${x(bar.min)} ${middle}H${x(bar.max)}" stroke="black" stroke-width="1"/>`,
    text(Number(x(Math.max(1, bar.max))) + 6, y + BAR - 1, number(bar.median), 'font-size="10"'),
  ];
}

function legend(x, y, rival, colour) {
  return `<rect x="${x}" y="${y}" width="12" height="12" fill="${colour}"/>${text(x + 18, y + 11, `against ${escaped(rival)}`)}`;
}

function grid(x, tick, bottom) {
  const strong = tick === 1 ? 'stroke="black"' : 'stroke="#ccc"';
  return `<path d="M${x} ${TITLE + 30}V${bottom}" ${strong}/>${text(x, TITLE + 26, `${tick}×`, 'text-anchor="middle" fill="#666"')}`;
}

/** 1, 2, 5 and their tenfolds within the range. */
function ticks(least, most) {
  const all = [0.01, 0.1, 1, 10, 100, 1000].flatMap((power) =>
    [1, 2, 5].map((digit) => Number((digit * power).toFixed(2))),
  );
  return all.filter((tick) => tick >= least && tick <= most);
}

function text(x, y, content, attributes = '') {
  return `<text x="${x}" y="${y}" ${attributes}>${content}</text>`;
}

function escaped(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
