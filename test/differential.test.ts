/** The fuzzer through Node (test/differential/): its arithmetic is exact, its table whole, and a slice of it finds nothing. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { addonPath, root } from './addon.js';
// @ts-expect-error: plain JavaScript, which the fuzzer runs without a build
import { partsOf } from './differential/kind.mjs';
// @ts-expect-error: likewise
import { fma } from './differential/oracle.mjs';
import { Random } from './random.js';

const SCALE = 300; // bits behind the point: more than a product of two subnormals has

/** x · 2^SCALE, exactly. */
function fixed(x: number): bigint {
  let [mantissa, exponent] = [x, 0];
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent--;
  }
  return BigInt(mantissa) << BigInt(SCALE + exponent);
}

/** The nearest float32, ties to even, of value · 2^-places. */
function rounded(value: bigint, places: number): number {
  const magnitude = value < 0n ? -value : value;
  const drop = BigInt(Math.max(magnitude.toString(2).length - 24, places - 149));
  let kept = magnitude >> drop;
  const twice = (magnitude - (kept << drop)) << 1n;
  if (twice > 1n << drop || (twice === 1n << drop && (kept & 1n) === 1n)) kept++;
  return (value < 0n ? -1 : 1) * Number(kept) * 2 ** (Number(drop) - places);
}

describe('the fuzzer through Node', () => {
  test('rounds a · b + c once', () => {
    const random = new Random(3);
    const float = (low: number, high: number) =>
      Math.fround((random.next() - 0.5) * 2 ** random.integer(low, high)) || Math.fround(2 ** low);
    const tie = Math.fround(1 + 2 ** -12);
    const cases = [
      [tie, tie, Math.fround(2 ** -60)],
      [tie, tie, Math.fround(-(2 ** -60))],
      [Math.fround(2 ** -80), Math.fround(2 ** -70), Math.fround(2 ** -149)],
    ];
    for (let i = 0; i < 20000; i++) cases.push([float(-20, 20), float(-20, 20), float(-60, 40)]);
    for (let i = 0; i < 5000; i++) cases.push([float(-80, -60), float(-80, -60), float(-148, -120)]);
    let doubleRounding = 0;
    for (const [a, b, c] of cases as [number, number, number][]) {
      const exact = rounded(((fixed(a) * fixed(b)) >> BigInt(SCALE)) + fixed(c), SCALE);
      if (fma(a, b, c) !== exact) expect([a, b, c, fma(a, b, c)]).toEqual([a, b, c, exact]);
      if (Math.fround(a * b + c) !== exact) doubleRounding++;
    }
    expect(doubleRounding).toBeGreaterThan(0); // else the cases show nothing
  });

  test('takes what the factory offers for codes, but for what it knows otherwise', () => {
    const words =
      'Flat, SQ8 and New, IVF<nlist> with one of these, L2norm, PCA<d>, PCAW<d>, PCAR<d>, PCAWR<d>, RR, RR<d>, Pad<d>, ' +
      'RFlat, Refine(<one of these>), IDMap and IDMap2';
    expect(partsOf(words).codes).toEqual(['Flat', 'SQ8', 'New']);
    expect(() => partsOf(words.replace('L2norm', 'Norm'))).toThrow('L2norm');
  });

  test('draws all that it knows', { timeout: 120_000 }, async () => {
    const program = join(root, 'test/differential/drawn.mjs');
    const env = { ...process.env, VORONODE_BINARY: addonPath };
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', program, '300', '5'], { env });
    const drawn = JSON.parse(stdout) as Record<string, number>;
    const all = {
      d: [1, 2, 4, 5, 8, 15, 16, 17, 33],
      nlist: [0, 1, 2, 3, 4],
      metric: ['l2', 'ip', 'l1', 'linf'],
      names: ['positions', 'numbers', 'ids', 'keys'],
      map: ['IDMap', 'IDMap2'],
      code: ['Flat', 'SQ8', 'SQfp16'],
      refined: ['undefined', 'Flat'],
      'step:': ['add', 'upsert', 'remove', 'readBack', 'misname', 'reset'],
      'keys as a': ['list', 'Set', 'selector'],
      'set of ids:': ['batch', 'one', 'range', 'bitmap'],
      'sets joined by': ['and', 'or', 'xor'],
      'refused:': ['ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_VALUE'],
      'k:': [1, 3, 10, 50, 'all'],
    };
    const expected = Object.entries(all).flatMap(([of, values]) => values.map((value) => `${of} ${value}`));
    expected.push(
      'filter',
      'no filter',
      'filter of an earlier search',
      'set inverted',
      'range',
      'searches beside a change',
    );
    if (process.platform !== 'win32')
      expected.push('mapped, rows stay in the file', 'written for a mapping, mapped, rows stay in the file');
    expect(expected.filter((what) => !(drawn[what]! >= 5))).toEqual([]);
  });

  test('finds nothing in some hundred cases of a fixed seed', { timeout: 120_000 }, async () => {
    const program = join(root, 'test/differential/program.mjs');
    const env = { ...process.env, VORONODE_BINARY: addonPath };
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', program, '5', '20261126'], {
      env,
    });
    expect(stdout).toMatch(/^(\w+: \d+ cases, [1-9]\d* searches compared\n){2}$/);
  });
});
