/** What `postMessage` and `structuredClone` refuse. */

/**
 * An object that cannot be cloned: `structuredClone`, `postMessage` and `v8.serialize` throw (`DataCloneError`). They would
 * make `{}` of an object with private members, and nobody would hear of it.
 *
 * V8's serializer refuses a WeakMap, whatever its class. Everything else goes by the prototype: `inspect`, `toEqual`,
 * `instanceof` and subclasses see an object of the class that is made. (`markAsUncloneable` of `node:worker_threads` does
 * the same, but Node 20 does not have it.)
 */
export class Uncloneable {
  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: this is what it is for
    return Reflect.construct(WeakMap, [], new.target) as unknown as Uncloneable;
  }
}
