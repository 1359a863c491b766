/**
 * What an index is, apart from what it does: its handle in the addon, the numbers that never change, its end, and how it is
 * shown. `Index` (index_base.ts) is the one class that extends it.
 */

import { type InspectOptions, inspect } from 'node:util';
import { fieldsOf, nameOf } from './describe.js';
import { invalidThis, invalidType, objectRemedy, unsupported } from './errors.js';
import type { Index } from './index_base.js';
import { Made } from './made.js';
import { type Metric, metricOfNumber } from './metric.js';
import { type NativeIndex, native } from './native.js';
import { Uncloneable } from './uncloneable.js';

/** The private fields of an index, for the modules that need them. */
interface Fields {
  has(value: unknown): value is Index;
  handle(index: Held): NativeIndex;
  inner(index: Held): Index | undefined;
  d(index: Held): number;
}

// Not static members: the bundler renames a class that names itself.
let fields: Fields;

/** What a method was called on: that may be anything, and only an index has the fields of one. */
export function selfOf(value: unknown): Index {
  if (!fields.has(value)) throw invalidThis('Index', value);
  return value;
}

/** The addon's handle of an index. */
export const handleOf = (self: Held): NativeIndex => fields.handle(self);

/** Components per vector, whatever a subclass says. */
export const dimensionOf = (self: Held): number => fields.d(self);

/** The addon's handle of an argument. */
export function argumentHandle(name: string, value: unknown): NativeIndex {
  if (!fields.has(value)) throw invalidType(name, 'an instance of Index', value, objectRemedy(value));
  return fields.handle(value);
}

/** What every index has without regard to its vectors: `d`, `metric`, `ntotal`, `close`, what is shown of it. */
export abstract class Held extends Uncloneable implements Disposable {
  readonly #handle: NativeIndex;
  readonly #inner: Index | undefined;
  readonly #d: number;
  readonly #metric: Metric;

  /** @internal */
  protected constructor(made: Made) {
    if (!Made.is(made)) {
      throw unsupported(
        `${new.target.name} has no public constructor; use indexFactory(d, description) or readIndex(path)`,
      );
    }
    super();
    this.#handle = made.handle;
    this.#inner = made.parts.inner;
    this.#d = native.d(made.handle);
    this.#metric = metricOfNumber(native.metric(made.handle)) as Metric;
  }

  /** @internal The addon's handle of an index. */
  static handle(name: string, value: unknown): NativeIndex {
    return argumentHandle(name, value);
  }

  /** @internal The addon's handle of what a method was called on. */
  static receiver(value: unknown): NativeIndex {
    return handleOf(selfOf(value));
  }

  /** @internal */
  static is(value: unknown): value is Index {
    return fields.has(value);
  }

  /** @internal */
  static inner(index: Index): Index | undefined {
    return fields.inner(selfOf(index));
  }

  static {
    fields = {
      has: (value): value is Index => value !== null && typeof value === 'object' && #handle in value,
      handle: (index) => index.#handle,
      inner: (index) => index.#inner,
      d: (index) => index.#d,
    };
  }

  /** Components per vector. */
  get d(): number {
    return dimensionOf(selfOf(this));
  }

  /** How nearness is measured. */
  get metric(): Metric {
    return (selfOf(this) as Held).#metric;
  }

  /** How many vectors are stored. Grows when an add is complete. */
  get ntotal(): number {
    return native.ntotal(handleOf(selfOf(this)));
  }

  /** Whether vectors can be added and searched. */
  get isTrained(): boolean {
    return native.isTrained(handleOf(selfOf(this)));
  }

  /**
   * Lets go of the memory; work under way finishes first. Later calls fail with ERR_VORONODE_CLOSED, but for `d`,
   * `metric` and `close` itself. Optional: garbage collection does the same. The index in a wrapper has a handle of its
   * own, which holds the vectors: close it too, `map.index.close()`.
   */
  close(): void {
    native.close(handleOf(selfOf(this)));
  }

  /** {@link close}, for `using index = …`. */
  [Symbol.dispose](): void {
    selfOf(this).close();
  }

  /** @internal What `inspect` and JSON show of a kind besides. */
  protected facts(): Record<string, unknown> {
    return {};
  }

  /** `IndexFlatL2 { d: 4, ntotal: 0, metric: 'l2' }`; never throws. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (depth < 0 || !fields.has(this)) return `[${nameOf(this)}]`;
    const shown = fieldsOf(this, fields.inner(this), () => this.facts());
    return `${nameOf(this)} ${inspect(shown, options)}`;
  }

  /**
   * What `JSON.stringify` shows: the kind and its numbers, `{ kind: 'IndexFlatL2', d: 4, ntotal: 0, metric: 'l2' }`. The
   * vectors are not in it: `serializeIndex` has them.
   */
  toJSON(): Record<string, unknown> {
    const self = selfOf(this);
    return { kind: nameOf(self), ...fieldsOf(self, fields.inner(self), () => (self as Held).facts()) };
  }
}
