/** Seeded random numbers: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, period about 2^127. */
export class Random {
  #a;
  #b;
  #c;
  #counter = 1;
  #spare = Number.NaN;

  constructor(seed) {
    this.#a = 0x9e3779b9;
    this.#b = 0x243f6a88;
    this.#c = seed | 0;
    for (let i = 0; i < 16; i++) this.uniform(); // until the seed has reached every bit
  }

  /** Uniform in [0, 1), 32 bits. */
  uniform() {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** Normal with mean 0 and variance 1, by Box and Muller's polar pairs. */
  gaussian() {
    const spare = this.#spare;
    if (!Number.isNaN(spare)) {
      this.#spare = Number.NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
