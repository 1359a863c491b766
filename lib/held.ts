/**
 * What an index is, apart from what it does: its handle in the addon, the numbers that never change, its end, and how it is
 * shown. Two classes extend it: `Index` (index_base.ts), whose vectors bear numbers, and `IndexKeyMap` (keys/key_map.ts), whose
 * vectors bear strings.
 */

import { type InspectOptions, inspect } from 'node:util';
import { fieldsOf, nameOf } from './describe.js';
import { ownHandle } from './diagnostics.js';
import { invalidThis, invalidType, objectRemedy, unsupported } from './errors.js';
import type { Index } from './index_base.js';
import { type IndexStats, statsOf } from './index_stats.js';
import type { IndexKeyMap } from './keys/key_map.js';
import { Made } from './made.js';
import { type Metric, metricOfNumber } from './metric.js';
import { type NativeIndex, native } from './native.js';
import { SearchOptionsReader } from './search_options.js';
import { adoptShared, type SharedToken, type ShareOptions, tokenOf } from './shared.js';
import { Uncloneable } from './uncloneable.js';

/** What every index has without regard to its vectors: `d`, `metric`, `ntotal`, `share`, `close`, what is shown of it. */
export abstract class Held extends Uncloneable implements Disposable {
  readonly #handle: NativeIndex;
  readonly #inner: Index | undefined;
  #innerIsAlone: boolean; // nobody has asked for it
  readonly #d: number;
  readonly #metric: Metric;
  /** Whether it is an IndexKeyMap. */
  readonly #keyed: boolean;
  #searchOptions: SearchOptionsReader | undefined;

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
    this.#innerIsAlone = made.parts.alone ?? false;
    this.#d = native.d(made.handle);
    this.#metric = metricOfNumber(native.metric(made.handle)) as Metric;
    this.#keyed = native.kind(made.handle) === 'IndexKeyMap';
    ownHandle(made.handle, this as unknown as Index | IndexKeyMap);
  }

  /** @internal Told by a private field: `instanceof` would run the traps of a proxy. */
  static is(value: unknown): value is Index | IndexKeyMap {
    return value !== null && typeof value === 'object' && #handle in value;
  }

  /** @internal */
  static isKeyMap(value: unknown): value is IndexKeyMap {
    return Held.is(value) && (value as Held).#keyed;
  }

  /** @internal What a method of Index was called on: that may be anything, and only an index has the fields of one. */
  static self(value: unknown): Index {
    if (!Held.is(value) || Held.isKeyMap(value)) throw invalidThis('Index', value);
    return value;
  }

  /** @internal What a method of IndexKeyMap was called on. */
  static keyMap(value: unknown): IndexKeyMap {
    if (!Held.isKeyMap(value)) throw invalidThis('IndexKeyMap', value);
    return value;
  }

  /** @internal What a method of both was called on. */
  static either(value: unknown): Held {
    if (!Held.is(value)) throw invalidThis('Index', value);
    return value as Held;
  }

  /** @internal The addon's handle of what a method was called on. */
  static receiver(value: unknown): NativeIndex {
    return Held.either(value).#handle;
  }

  /** @internal The addon's handle of an argument. */
  static handle(name: string, value: unknown): NativeIndex {
    return argument(name, value, 'Index', Held.is(value) && !Held.isKeyMap(value)).#handle;
  }

  /** @internal The same where a map of keys is expected. */
  static keyMapHandle(name: string, value: unknown): NativeIndex {
    return argument(name, value, 'IndexKeyMap', Held.isKeyMap(value)).#handle;
  }

  /** @internal The same where either will do. */
  static eitherHandle(name: string, value: unknown): NativeIndex {
    return argument(name, value, 'Index', Held.is(value)).#handle;
  }

  /** @internal */
  static inner(index: unknown): Index | undefined {
    Held.either(index).#innerIsAlone = false;
    return Held.peek(index);
  }

  /** @internal The same for a look that leaves nothing behind. */
  static peek(index: unknown): Index | undefined {
    return Held.either(index).#inner;
  }

  /** @internal Components per vector, whatever a subclass says. */
  static dimension(value: unknown): number {
    return Held.either(value).#d;
  }

  /** @internal What checks the options of its searches. */
  static searchOptions(self: Held): SearchOptionsReader {
    self.#searchOptions ??= new SearchOptionsReader(native.searchParameters(self.#handle));
    return self.#searchOptions;
  }

  /** Components per vector. */
  get d(): number {
    return Held.dimension(this);
  }

  /** How nearness is measured. */
  get metric(): Metric {
    return Held.either(this).#metric;
  }

  /** How many vectors are stored. Grows when an add is complete. */
  get ntotal(): number {
    return native.ntotal(Held.receiver(this));
  }

  /** Whether vectors can be added and searched. */
  get isTrained(): boolean {
    return native.isTrained(Held.receiver(this));
  }

  /**
   * What it takes, by what it is for. Quick, and never waits.
   *
   * @example
   * ```js
   * import { IndexFlatL2 } from 'voronode';
   *
   * const index = new IndexFlatL2(128);
   * await index.add(new Float32Array(10_000 * 128));
   * const { ntotal, bytes } = index.stats();
   * console.log(ntotal, bytes.rows >= 10_000 * 128 * 4, bytes.ids); // 10000 true 0
   * ```
   */
  stats(): IndexStats {
    return statsOf(Held.receiver(this));
  }

  /**
   * A token with which other worker threads of this process use this same index: {@link fromShared}. It is a plain object,
   * for `postMessage` and `workerData`. The index stays shared until this object is closed, {@link unshare} is called or this
   * thread ends, also if this object is collected as garbage. The same index gives the same token, one for reading another one.
   * Of the index in a wrapper it is the inner one that is shared, which changes through the wrapper only.
   *
   * @example
   * ```js
   * import { Index, IndexFlatL2 } from 'voronode';
   *
   * const index = new IndexFlatL2(2);
   * const same = Index.fromShared(index.share()); // as a rule in another thread
   * await same.add(Float32Array.of(3, 4));
   * console.log(index.ntotal); // 1
   * ```
   */
  share(options?: ShareOptions): SharedToken {
    return tokenOf(Held.receiver(this), options);
  }

  /** Ends {@link share}: nobody can adopt the index any more, but for what others share. Who has adopted it keeps it. */
  unshare(): void {
    native.unshareIndex(Held.receiver(this));
  }

  /**
   * An object for the index that {@link share} was called on, in whichever thread of this process. Both see what the other one
   * changes. It lives as long as it is used: also after the other one is closed, or that thread has ended.
   *
   * A token may come with `{ readonly: true }`. Then this object searches, reconstructs and saves, and whatever changes the
   * index throws ERR_VORONODE_UNSUPPORTED.
   * @throws ERR_VORONODE_UNSUPPORTED for the token of another process, or of another copy of this package;
   * ERR_VORONODE_CLOSED if the index is not shared any more
   */
  static fromShared<I extends Index | IndexKeyMap = Index>(token: SharedToken): I {
    return adoptShared(token) as I;
  }

  /**
   * Lets go of the memory; work under way finishes first. Later calls fail with ERR_VORONODE_CLOSED, but for `d`,
   * `metric` and `close` itself. Optional: garbage collection does the same. The index in a wrapper goes with it, unless
   * somebody has it in hand: it was given to the constructor, or `map.index` was asked for. That one holds the vectors until it
   * is closed, too: `map.index.close()`.
   */
  close(): void {
    native.close(Held.receiver(this));
    const self = Held.either(this);
    if (self.#innerIsAlone) self.#inner?.close();
  }

  /** {@link close}, for `using index = …`. */
  [Symbol.dispose](): void {
    Held.either(this).close();
  }

  /** @internal What `inspect` and JSON show of a kind besides. */
  protected facts(): Record<string, unknown> {
    return {};
  }

  /** `IndexFlatL2 { d: 4, ntotal: 0, metric: 'l2' }`; never throws. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (depth < 0 || !Held.is(this)) return `[${nameOf(this)}]`;
    const fields = fieldsOf(this, Held.peek(this), () => (this as Held).facts());
    return `${nameOf(this)} ${inspect(fields, options)}`;
  }

  /**
   * What `JSON.stringify` shows: the kind and its numbers, `{ kind: 'IndexFlatL2', d: 4, ntotal: 0, metric: 'l2' }`. The
   * vectors are not in it: `serializeIndex` has them.
   */
  toJSON(): Record<string, unknown> {
    const self = Held.either(this);
    return { kind: nameOf(self), ...fieldsOf(self, Held.peek(self), () => self.facts()) };
  }
}

/** An argument that must be held, and of the kind that `type` names. */
function argument(name: string, value: unknown, type: string, fits: boolean): Held {
  if (!fits) throw invalidType(name, `an instance of ${type}`, value, objectRemedy(value));
  return value as Held;
}
