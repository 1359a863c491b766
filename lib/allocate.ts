/** Arrays as large as a caller says. */

import { codedError } from './errors.js';

interface ArrayClass<A> {
  new (length: number): A;
  readonly BYTES_PER_ELEMENT: number;
}

/** n zeros; ERR_VORONODE_NO_MEMORY where JavaScript has a RangeError without a code. */
export function allocate<A>(Class: ArrayClass<A>, n: number, what: string): A {
  try {
    return new Class(n);
  } catch (cause) {
    const message = `Could not allocate ${n * Class.BYTES_PER_ELEMENT} bytes for ${what}`;
    throw codedError(RangeError, 'ERR_VORONODE_NO_MEMORY', message, { cause });
  }
}
