// What lib/index.ts exports, from its text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root } from './run.mjs';

/** The names that a file of `export { … } from` lists gives, types marked: ['type Ids', 'IndexFlat', …]. */
export function exportedNames(path) {
  const text = readFileSync(join(root, path), 'utf8')
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    .replace(/^export \* as default from '\.\/index\.js';$/m, 'export { default }');
  if (/export\s+(\*|default|const|let|class|function|interface|type\s+\w+\s*=|abstract|enum)/.test(text)) {
    fail(`${path} must only re-export, by name: export { … } from './…'`);
  }
  return [...text.matchAll(/export\s+(type\s+)?\{([^}]*)\}/g)]
    .flatMap(([, type, list]) =>
      list
        .split(',')
        .map((item) =>
          item
            .trim()
            .replace(/^(?:(type)\s+)?(?:\w+\s+as\s+)?(\w+)$/, '$1 $2')
            .trim(),
        )
        .filter(Boolean)
        .map((name) => (type && !name.startsWith('type ') ? `type ${name}` : name)),
    )
    .sort();
}
