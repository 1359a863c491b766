/** What cases are drawn with, and the vectors that they are made of. */

/** Mulberry32, as test/random.ts has it. It counts in `notes` what is drawn, for those who want to know. */
export class Random {
  constructor(seed, notes = new Map()) {
    this.state = seed >>> 0;
    this.notes = notes;
  }
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  below(n) {
    return Math.floor(this.next() * n);
  }
  between(min, max) {
    return min + this.below(max - min + 1);
  }
  oneIn(n) {
    return this.below(n) === 0;
  }
  any(values) {
    return values[this.below(values.length)];
  }
  note(what) {
    this.notes.set(what, (this.notes.get(what) ?? 0) + 1);
  }
}

export const STYLES = [
  (random) => random.next() - 0.5,
  (random) => random.below(256),
  (random) => random.below(2),
  (random) => random.next() + 500,
  (random) => (random.oneIn(3) ? random.next() : random.oneIn(2) ? 0 : -0),
  (random) => (random.next() - 0.5) * 10 ** random.between(-20, 18),
  (random) => (random.next() - 0.5) * 1e-30,
];
export const ODD = [1e16, -1e16, 1e-20, 1e30, 1e-45, 1e15, 0];

/** n × d numbers; a few rows are equal. */
export function vectors(random, style, n, d) {
  const x = new Float32Array(n * d).map(() => style(random));
  for (let i = 1; i < n; i++) {
    if (random.oneIn(30)) x.copyWithin(i * d, (i - 1) * d, i * d);
  }
  return x;
}
