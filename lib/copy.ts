/**
 * Two copies of the package in one process: two versions in a tree of packages, or one loaded twice, as after
 * `jest.resetModules()`. The objects of one are nothing to the other, and messages say so.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The same in all copies. */
const COPY = Symbol.for('voronode.copy');

const here = { toString: whereThisIs };

/** Makes the objects of a class tell of which copy they are. */
export function markCopy(Class: { prototype: object }): void {
  Object.defineProperty(Class.prototype, COPY, { value: here });
}

/** `0.1.0, /app/node_modules/voronode`; of a bundle its folder. */
function whereThisIs(): string {
  const folder = join(__dirname, '..');
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (name === 'voronode') return `${version}, ${folder}`;
  } catch {
    // There is none, or it may not be read.
  }
  return __dirname;
}

/** ` of another copy of voronode (0.1.0, /app/node_modules/voronode)`; '' for what is of this copy or of none. */
export function ofOtherCopy(value: object): string {
  try {
    const copy = (value as { [COPY]?: unknown })[COPY];
    return copy === undefined || copy === here ? '' : ` of another copy of voronode (${copy})`;
  } catch {
    return ''; // a getter of the caller's threw
  }
}
