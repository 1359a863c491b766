/** An index of the addon on its way into an object. Not exported from the package: nobody else can make one. */

import type { Index } from './index_base.js';
import type { NativeIndex } from './native.js';

/** What objects hold that belong to an index: the index in a wrapper, the quantizer of an inverted file. */
interface Parts {
  readonly inner?: Index | undefined;
  /** Whether `inner` was made along with it, so that nobody else has it. */
  readonly alone?: boolean;
  readonly quantizer?: Index | undefined;
}

/**
 * What the constructor of each class of index takes in place of its first argument, past what its type says: the handle of
 * an index that is there, and the objects that stand for its parts.
 */
export class Made {
  readonly #handle: NativeIndex;
  readonly parts: Parts;

  constructor(handle: NativeIndex, parts: Parts = {}) {
    this.#handle = handle;
    this.parts = parts;
  }

  get handle(): NativeIndex {
    return this.#handle;
  }

  /** Told by a private field: `instanceof` would run the traps of a proxy. */
  static is(value: unknown): value is Made {
    return value !== null && typeof value === 'object' && #handle in value;
  }
}
