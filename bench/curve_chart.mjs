// Recall against queries per second, as SVG: one panel for each data set, one line for each contestant. The rate is drawn
// logarithmically; up and to the right is better.
const WIDTH = 640;
const HEIGHT = 300;
const LEFT = 70;
const RIGHT = 200; // names of the lines
const TOP = 34;
const BOTTOM = 40;
const colours = ['#3465a4', '#e08020', '#4e9a06', '#a40000', '#75507b'];

/**
 * @param {string} title
 * @param {{ heading: string, marks: number[], curves: { label: string, family: string, points: { x: number, y: number }[] }[] }[]} panels
 *   x: recall, 0 to 1; y: queries per second; marks: recalls that deserve a line. Curves of one family have one colour.
 */
export function curveChart(title, panels) {
  const height = TOP + panels.length * HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH + RIGHT}" height="${height}" viewBox="0 0 ${WIDTH + RIGHT} ${height}"`,
    ' font-family="sans-serif" font-size="12">',
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH + RIGHT}" height="${height}" fill="white"/>`,
    text(10, 20, title, 'font-size="14" font-weight="bold"'),
    ...panels.flatMap((panel, i) => drawPanel(panel, TOP + i * HEIGHT)),
    '</svg>\n',
  ].join('\n');
}

function drawPanel({ heading, marks, curves }, top) {
  const points = curves.flatMap((curve) => curve.points);
  const least = 10 ** Math.floor(Math.log10(Math.min(...points.map(({ y }) => y))));
  const most = 10 ** Math.ceil(Math.log10(Math.max(...points.map(({ y }) => y))));
  const [y0, y1] = [top + HEIGHT - BOTTOM, top + 30];
  const x = (value) => (LEFT + value * (WIDTH - LEFT)).toFixed(1);
  const y = (value) => (y0 - ((y0 - y1) * Math.log(value / least)) / Math.log(most / least)).toFixed(1);
  const families = [...new Set(curves.map(({ family }) => family))];
  const rules = Array.from({ length: Math.round(Math.log10(most / least)) + 1 }, (_, i) => least * 10 ** i);
  return [
    text(LEFT, top + 18, heading, 'font-weight="bold"'),
    ...rules.map((rule) => `<path d="M${LEFT} ${y(rule)}H${WIDTH}" stroke="#ccc"/>`),
    ...rules.map((rule) =>
      text(LEFT - 6, Number(y(rule)) + 4, rule.toLocaleString('en'), 'text-anchor="end" fill="#666"'),
    ),
    ...[0, 0.2, 0.4, 0.6, 0.8, 1].map((tick) =>
      text(x(tick), y0 + 16, String(tick), 'text-anchor="middle" fill="#666"'),
    ),
    ...marks.map((mark) => `<path d="M${x(mark)} ${y1}V${y0}" stroke="#bbb" stroke-dasharray="3 3"/>`),
    text((LEFT + WIDTH) / 2, y0 + 32, 'recall', 'text-anchor="middle"'),
    ...curves.flatMap(({ label, family, points: line }, i) => {
      const colour = colours[families.indexOf(family) % colours.length];
      return [
        `<path d="M${line.map((point) => `${x(point.x)} ${y(point.y)}`).join('L')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
        ...line.map((point) => `<circle cx="${x(point.x)}" cy="${y(point.y)}" r="2.5" fill="${colour}"/>`),
        text(WIDTH + 26, y1 + 12 + 18 * i, label),
        `<path d="M${WIDTH + 6} ${y1 + 8 + 18 * i}h14" stroke="${colour}" stroke-width="3"/>`,
      ];
    }),
  ];
}

function text(x, y, content, attributes = '') {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
