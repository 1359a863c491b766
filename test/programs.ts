/**
 * Programs in prose: the blocks of code of Markdown, and those behind `@example` in docstrings.
 *
 * The blocks of one language below one heading are one program. A block with a comment (<!-- … -->) on the line before is
 * something else: a file, or a fragment. What a program should print stands in its comments: behind a console.log or
 * print, or on lines of their own. White space does not count.
 */

export interface Program {
  /** The heading, or where the docstring is. */
  title: string;
  language: string;
  code: string;
}

/** @param markdown with headings of the second level; what is above them has the title of the page */
export function programsOf(markdown: string): Program[] {
  const found = new Map<string, Program>();
  for (const section of markdown.split(/^## /m)) {
    const title = section.slice(0, section.indexOf('\n')).replace(/^# /, '');
    for (const [, language = '', code = ''] of section.matchAll(/(?<!-->\n)^```(\w+)\n(.*?)^```$/gms)) {
      const key = `${title} (${language})`;
      found.set(key, { title, language, code: (found.get(key)?.code ?? '') + code });
    }
  }
  return [...found.values()];
}

/** Each example is a program. */
export function examplesOf(path: string, source: string): Program[] {
  const examples = source.matchAll(/@example\n\s*\* ```(\w+)\n(.*?)\n\s*\* ```$/gms);
  return [...examples].map(([, language = '', text = ''], i) => {
    const code = text.replace(/^\s*\* ?/gm, '');
    return { title: `${path}, example ${i + 1}`, language, code: `${code}\n` };
  });
}

export const words = (text: string) => text.trim().split(/\s+/).join(' ');

export function expectedOutput(code: string): string {
  const comments = code.matchAll(/^(?:.*(?:console\.log|print)\(.*\).*?)?(?:\/\/|#) (.*)$/gm);
  return words([...comments].map(([, text]) => text).join(' '));
}
