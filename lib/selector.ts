/**
 * Sets of ids, after Faiss's IDSelector family: which ids a search may return (`{ filter }`), which ids `removeIds`
 * takes. On an index without ids of its own (a flat one) the id of a vector is its position. Selectors are immutable:
 * what they are made from is copied.
 */

import { markCopy } from './copy.js';
import { invalidType, objectRemedy, unsupported } from './errors.js';
import { checkId, checkIds, type Ids } from './ids.js';
import { type NativeSelector, type NativeSharedSelector, native } from './native.js';
import { Uncloneable } from './uncloneable.js';
import { checkBytes } from './validate.js';

/** Nesting as deep as the addon takes, and no more parts than it should walk for each id. */
const MAX_DEPTH = 64;
const MAX_PARTS = 1024;

/** The key to the constructor of {@link IDSelector}. Not exported from the package. */
export const construct = Symbol('construct');

/** A set of ids. Use one of the subclasses. */
export abstract class IDSelector extends Uncloneable {
  readonly #native: NativeSelector;
  #shared: NativeSharedSelector | undefined;
  readonly #depth: number;
  readonly #parts: number;

  /** @internal */
  protected constructor(key: symbol, native: NativeSelector, children: readonly IDSelector[] = []) {
    if (key !== construct) throw unsupported('IDSelector is abstract; use one of its subclasses');
    super();
    this.#native = native;
    this.#depth = 1 + Math.max(0, ...children.map((child) => child.#depth));
    this.#parts = children.reduce((sum, child) => sum + child.#parts, 1);
    if (this.#depth > MAX_DEPTH) throw unsupported(`Selectors nest up to ${MAX_DEPTH} deep; use IDSelectorBatch(ids)`);
    if (this.#parts > MAX_PARTS) {
      throw unsupported(`Selectors have up to ${MAX_PARTS} parts, repeats counted; use IDSelectorBatch(ids)`);
    }
  }

  /** @internal The addon's form of a selector. */
  static native(name: string, value: unknown): NativeSelector {
    if (value === null || typeof value !== 'object' || !(#native in value)) {
      throw invalidType(
        name,
        'an instance of IDSelector',
        value,
        objectRemedy(value) || 'use new IDSelectorBatch(ids)',
      );
    }
    return value.#native;
  }

  /** @internal The same for searches, which share what is built of it. */
  static shared(selector: IDSelector): NativeSharedSelector {
    selector.#shared ??= { by: native.sharing(), of: selector.#native };
    return selector.#shared;
  }

  /** @internal */
  static is(value: unknown): value is IDSelector {
    return value !== null && typeof value === 'object' && #native in value;
  }
}

markCopy(IDSelector);

/** The ids in [min, max). */
export class IDSelectorRange extends IDSelector {
  constructor(min: bigint | number, max: bigint | number) {
    super(construct, { type: 'range', min: checkId('min', min), max: checkId('max', max) });
  }
}

/** The ids listed, in any order, repeats allowed. */
export class IDSelectorBatch extends IDSelector {
  constructor(ids: Ids) {
    super(construct, { type: 'batch', ids: BigInt64Array.from(checkIds('ids', ids)) });
  }
}

/** Id i is in the set if bit i % 8 (least significant first) of byte i / 8 is 1. Ids beyond the bytes are not. */
export class IDSelectorBitmap extends IDSelector {
  constructor(bits: Uint8Array) {
    super(construct, { type: 'bitmap', bits: Uint8Array.from(checkBytes('bits', bits)) });
  }
}

/** The ids that are not in `selector`. */
export class IDSelectorNot extends IDSelector {
  constructor(selector: IDSelector) {
    super(construct, { type: 'not', of: IDSelector.native('selector', selector) }, [selector]);
  }
}

/** The ids in both. */
export class IDSelectorAnd extends IDSelector {
  constructor(a: IDSelector, b: IDSelector) {
    super(construct, { type: 'and', a: IDSelector.native('a', a), b: IDSelector.native('b', b) }, [a, b]);
  }
}

/** The ids in either. */
export class IDSelectorOr extends IDSelector {
  constructor(a: IDSelector, b: IDSelector) {
    super(construct, { type: 'or', a: IDSelector.native('a', a), b: IDSelector.native('b', b) }, [a, b]);
  }
}

/** The ids in exactly one of the two. */
export class IDSelectorXOr extends IDSelector {
  constructor(a: IDSelector, b: IDSelector) {
    super(construct, { type: 'xor', a: IDSelector.native('a', a), b: IDSelector.native('b', b) }, [a, b]);
  }
}
