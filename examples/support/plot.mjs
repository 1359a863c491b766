// A curve as SVG: recall to the right, queries per second upwards on a logarithmic scale.

const WIDTH = 640;
const HEIGHT = 400;
const LEFT = 90;
const RIGHT = 30;
const TOP = 50;
const BOTTOM = 50;

/**
 * @param {string} title
 * @param {{ recall: number, queriesPerSecond: number, label: string, marked?: boolean }[]} points by rising recall
 */
export function plot(title, points) {
  const rates = points.map((point) => point.queriesPerSecond);
  const decades = [Math.floor(Math.log10(Math.min(...rates))), Math.ceil(Math.log10(Math.max(...rates)))];
  const least = Math.floor(10 * Math.min(0.9, points[0].recall)) / 10;
  const x = (recall) => (LEFT + ((WIDTH - LEFT - RIGHT) * (recall - least)) / (1 - least)).toFixed(1);
  const height = HEIGHT - TOP - BOTTOM;
  const y = (rate) => (TOP + (height * (decades[1] - Math.log10(rate))) / (decades[1] - decades[0] || 1)).toFixed(1);
  const curve = points.map((point) => `${x(point.recall)},${y(point.queriesPerSecond)}`).join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"`,
    ' font-family="sans-serif" font-size="12">',
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(WIDTH / 2, 24, title, 'text-anchor="middle" font-size="14" font-weight="bold"'),
    ...steps(least, 1, 0.1).map((recall) => grid(`M${x(recall)} ${TOP}V${HEIGHT - BOTTOM}`)),
    ...steps(least, 1, 0.1).map((recall) =>
      text(x(recall), HEIGHT - BOTTOM + 18, recall.toFixed(1), 'text-anchor="middle"'),
    ),
    ...steps(...decades, 1).map((power) => grid(`M${LEFT} ${y(10 ** power)}H${WIDTH - RIGHT}`)),
    ...steps(...decades, 1).map((power) =>
      text(LEFT - 8, Number(y(10 ** power)) + 4, (10 ** power).toLocaleString('en-US'), 'text-anchor="end"'),
    ),
    text(WIDTH / 2, HEIGHT - 12, 'recall', 'text-anchor="middle"'),
    text(16, HEIGHT / 2, 'queries per second', `text-anchor="middle" transform="rotate(-90 16 ${HEIGHT / 2})"`),
    `<polyline points="${curve}" fill="none" stroke="#3465a4" stroke-width="2"/>`,
    ...points.map((point) => dot(x(point.recall), y(point.queriesPerSecond), point)),
    '</svg>\n',
  ].join('\n');
}

function dot(x, y, { label, marked }) {
  const colour = marked ? '#e08020' : '#3465a4';
  const [left, below] = marked ? [-10, 20] : [-6, 16];
  const style = `text-anchor="end" font-size="${marked ? 12 : 10}" fill="${colour}"`;
  const name = text(Number(x) + left, Number(y) + below, label, style);
  return `<circle cx="${x}" cy="${y}" r="${marked ? 5 : 3}" fill="${colour}"/>${name}`;
}

function steps(first, last, by) {
  return Array.from({ length: Math.round((last - first) / by) + 1 }, (_, i) => first + i * by);
}

function grid(path) {
  return `<path d="${path}" stroke="#ddd"/>`;
}

function text(x, y, content, attributes) {
  return `<text x="${x}" y="${y}" ${attributes}>${content}</text>`;
}
