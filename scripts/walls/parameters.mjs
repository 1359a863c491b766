// Finds functions with many parameters in C++, TypeScript and JavaScript, by reading the text: no compiler, so that it runs
// everywhere and in a second. A list in parentheses counts as parameters if each of its items looks like one; a call with that
// many arguments which all do ("a * b" is one that does, in C++) has not been met.

const CONTROL = new Set(['if', 'for', 'while', 'switch', 'catch', 'return', 'sizeof', 'await']);
const OPENING = '([{';
const CLOSING = ')]}';

/** `const float* x`, `size_t n = 0`, `Listener*`: two words, or a pointer or reference without a name. */
const CXX = /^(?:const\s+)?[\w:]+(?:<.*>)?(?:[\s*&]+(?:const\s+|__restrict\s+)?\w+(?:\[\w*\])?(?:\s*=.*)?|\s*[*&]+)$/s;
const TYPED = /^(?:(?:public|private|protected|readonly)\s+)*(?:\.\.\.)?\w+\??\s*:/;

/**
 * @param {string} path its ending says the language
 * @returns {{ name: string, line: number, count: number }[]} each function with more than `most` parameters
 */
export function longLists(path, text, most) {
  const cxx = /\.(cc|h|inc)$/.test(path);
  const code = blank(text);
  const found = [];
  for (let open = code.indexOf('('); open !== -1; open = code.indexOf('(', open + 1)) {
    const { items, end } = itemsFrom(code, open, cxx);
    if (items.length <= most) continue;
    const name = nameBefore(code.slice(Math.max(0, open - 200), open));
    if (CONTROL.has(name)) continue;
    const are = cxx ? items.every((item) => CXX.test(item)) : areParameters(items, code.slice(end + 1, end + 200));
    if (are) found.push({ name: name || '(without a name)', line: lineOf(code, open), count: items.length });
  }
  return found;
}

/** What may stand between a name and its list: template arguments; `= async`, `: Type =`, `= [&]`; `)` or `= void (*)`. */
const BETWEEN = [
  /([\w$~]+)\s*(?:<[^<>()]*>)?\s*$/,
  /\(\*(\w+)\)\s*$/,
  /(\w+)\s*(?::[^=;]*)?=\s*(?:async\s*|\[[^\]]*\]\s*|[\w\s:*&]+\(\*\)\s*)?$/,
];

function nameBefore(text) {
  const names = BETWEEN.map((pattern) => pattern.exec(text)?.[1]);
  return names.find((name) => name !== undefined && name !== 'async') ?? '';
}

function areParameters(items, behind) {
  return /^\s*(=>|\{)/.test(behind) || items.every((item) => TYPED.test(item));
}

const lineOf = (code, at) => code.slice(0, at).split('\n').length;

/** The text with the insides of comments and strings made blank; lines and places stay. */
function blank(text) {
  const spaces = (part) => part.replace(/[^\n]/g, ' ');
  return text.replace(/\/\/.*|\/\*[\s\S]*?\*\/|(["'`])(?:\\.|(?!\1)[^\\\n])*\1/g, spaces);
}

/** What stands between the commas of a list that opens at `open`; angle brackets hide commas in C++. */
function itemsFrom(code, open, cxx) {
  const items = [];
  let [depth, angles, start, at] = [0, 0, open + 1, open];
  for (; at < code.length; at++) {
    const c = code[at];
    if (OPENING.includes(c)) depth++;
    else if (CLOSING.includes(c) && --depth === 0) break;
    else if (cxx && c === '<') angles++;
    else if (cxx && c === '>' && angles > 0) angles--;
    else if (c === ',' && depth === 1 && angles === 0) {
      items.push(code.slice(start, at).trim());
      start = at + 1;
    }
  }
  const last = code.slice(start, at).trim();
  return { items: last === '' ? items : [...items, last], end: at };
}
