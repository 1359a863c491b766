/** Keys for tests: ordinary ones, odd ones, and what they are when they are packed. */

import type { Random } from '../random.js';

/** Keys that some way of keeping strings would confuse or lose. */
export const ODD = [
  ...['', '\0', '\0\0', ' ', '\ufeff', '__proto__', 'constructor', 'é', 'e\u0301', '🔑', '💠🔑', '\uffff', '\ufffd'],
  ...['x'.repeat(127), 'x'.repeat(128), 'é'.repeat(64), '€'.repeat(100), 'y'.repeat(16_384), 'z'.repeat(65_536)],
  ...['a', 'A', 'a\0', '\u0001a', 'null', 'undefined', '0', '-1', 'toString', 'hasOwnProperty', '\u007f', '\u0080'],
];

/** n keys, some of them equal. */
export function randomKeys(random: Random, n: number): string[] {
  return Array.from({ length: n }, () => randomKey(random));
}

export function randomKey(random: Random, most = 60): string {
  const draw = random.next();
  if (draw < 0.2) return ODD[random.integer(0, ODD.length - 1)]!;
  if (draw < 0.3) return `Schlüssel ${random.integer(0, most)}`;
  return `key:${random.integer(0, most)}`;
}

/** By the rule, key by key. */
export function plainPacked(keys: Iterable<string>): Uint8Array {
  const parts: Buffer[] = [];
  for (const key of keys) {
    const text = Buffer.from(key, 'utf8');
    const length: number[] = [];
    let rest = text.length;
    while (rest >= 128) {
      length.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    parts.push(Buffer.from([...length, rest]), text);
  }
  return Buffer.concat(parts);
}
