/** Seeded random numbers, so that every failure can be had again. */

/** Mulberry32: 32 bits of state, uniform in [0, 1). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in [min, max]. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** Any int64 but -1, small ones often, so that they collide. */
  id(): bigint {
    const draw = this.next();
    if (draw < 0.5) return BigInt(this.integer(0, 1000));
    if (draw < 0.6) return BigInt(this.integer(-1000, -2));
    const edges = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 32n];
    if (draw < 0.65) return edges[this.integer(0, edges.length - 1)]!;
    const id = BigInt.asIntN(64, (BigInt(this.integer(0, 2 ** 32 - 1)) << 32n) | BigInt(this.integer(0, 2 ** 32 - 1)));
    return id === -1n ? 0n : id;
  }

  /** n different ids. */
  ids(n: number): BigInt64Array {
    const ids = new Set<bigint>();
    while (ids.size < n) ids.add(this.id());
    return BigInt64Array.from(ids);
  }

  /** Uniform in [-1, 1), rounded to float32: sums of these are not exact. */
  floats(n: number): Float32Array {
    return Float32Array.from({ length: n }, () => this.next() * 2 - 1);
  }

  /** Integers in [min, max]: distances up to 2^24 are exact in float32, whatever the order of summation. */
  integers(n: number, min = -4, max = 4): Float32Array {
    return Float32Array.from({ length: n }, () => this.integer(min, max));
  }
}
