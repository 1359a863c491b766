import { describe, expect, test } from 'vitest';
import {
  IDSelector,
  IDSelectorAnd,
  IDSelectorBatch,
  IDSelectorBitmap,
  IDSelectorNot,
  IDSelectorOr,
  IDSelectorRange,
  IDSelectorXOr,
  IndexFlatL2,
} from '../lib/index.js';
import { hostile } from './hostile.js';

const wrong = (value: unknown) => value as never;

/** The ids of ten vectors that a selector lets through. */
function members(filter: IDSelector): number[] {
  const index = new IndexFlatL2(1);
  index.addSync(Float32Array.from({ length: 10 }, (_, i) => i));
  return [...index.searchSync(Float32Array.of(0), 10, { filter }).row(0).labels].map(Number);
}

describe('selectors', () => {
  test('copy what they are made from', () => {
    const ids = BigInt64Array.of(1n, 2n);
    const bits = Uint8Array.of(0b1000_0001, 0b10);
    const [batch, bitmap] = [new IDSelectorBatch(ids), new IDSelectorBitmap(bits)];
    ids.fill(9n);
    bits.fill(0);
    expect(members(batch)).toEqual([1, 2]);
    expect(members(bitmap)).toEqual([0, 7, 9]);
  });

  test('combine', () => {
    const [low, even] = [new IDSelectorRange(0, 5), new IDSelectorBatch([0, 2, 4, 6, 8])];
    expect(members(new IDSelectorAnd(low, even))).toEqual([0, 2, 4]);
    expect(members(new IDSelectorOr(low, even))).toEqual([0, 1, 2, 3, 4, 6, 8]);
    expect(members(new IDSelectorXOr(low, even))).toEqual([1, 3, 6, 8]);
    expect(members(new IDSelectorNot(even))).toEqual([1, 3, 5, 7, 9]);
    expect(members(new IDSelectorNot(new IDSelectorNot(even)))).toEqual([0, 2, 4, 6, 8]);
  });

  test('nest up to 64 deep', () => {
    let selector: IDSelector = new IDSelectorRange(0, 3);
    for (let depth = 1; depth < 64; depth++) selector = new IDSelectorNot(selector);
    expect(members(selector)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(() => new IDSelectorNot(selector)).toThrow(
      expect.objectContaining({ name: 'Error', code: 'ERR_VORONODE_UNSUPPORTED' }),
    );
  });

  test('that repeat themselves do not grow without bound', () => {
    let selector: IDSelector = new IDSelectorRange(0, 3);
    const grow = () => {
      for (let depth = 1; depth < 64; depth++) selector = new IDSelectorAnd(selector, selector);
    };
    expect(grow).toThrow(expect.objectContaining({ name: 'Error', code: 'ERR_VORONODE_UNSUPPORTED' }));
    expect(members(selector)).toEqual([0, 1, 2]);
  });

  test('cannot be imitated', () => {
    const index = new IndexFlatL2(1);
    index.addSync(Float32Array.of(1));
    const fakes = [
      {},
      { type: 'range', min: 0n, max: 9n },
      Object.create(IDSelectorRange.prototype),
      Object.create(new IDSelectorRange(0, 1)),
    ];
    for (const fake of fakes) {
      expect(() => index.searchSync(Float32Array.of(1), 1, { filter: fake })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
      );
      expect(() => index.removeIdsSync(fake)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
      expect(() => new IDSelectorNot(fake)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    }
    class Mine extends IDSelector {}
    expect(() => new (Mine as never as new () => IDSelector)()).toThrow(
      expect.objectContaining({ name: 'Error', code: 'ERR_VORONODE_UNSUPPORTED' }),
    );
    expect(index.ntotal).toBe(1);
  });
});

describe.each(Object.entries(hostile))('made from %s', (title, make) => {
  const typeError = (name: string) =>
    expect.objectContaining({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(new RegExp(`^The "${name}" argument must be `)),
    });

  test('a combination wants selectors', () => {
    const good = new IDSelectorRange(0, 1);
    expect(() => new IDSelectorNot(wrong(make()))).toThrow(typeError('selector'));
    for (const Class of [IDSelectorAnd, IDSelectorOr, IDSelectorXOr]) {
      expect(() => new Class(wrong(make()), good)).toThrow(typeError('a'));
      expect(() => new Class(good, wrong(make()))).toThrow(typeError('b'));
    }
  });

  test('a range wants ids', () => {
    const value = make();
    if (typeof value === 'number' || typeof value === 'bigint') {
      const number = Number(value);
      if (Number.isSafeInteger(number))
        return void expect(new IDSelectorRange(wrong(value), 1)).toBeInstanceOf(IDSelector);
      const error = expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
      expect(() => new IDSelectorRange(wrong(value), 1)).toThrow(error);
      expect(() => new IDSelectorRange(1, wrong(value))).toThrow(error);
      return;
    }
    expect(() => new IDSelectorRange(wrong(value), 1)).toThrow(typeError('min'));
    expect(() => new IDSelectorRange(1, wrong(value))).toThrow(typeError('max'));
  });

  test('a bitmap wants bytes', () => {
    if (['uint8array', 'buffer'].includes(title))
      return void expect(members(new IDSelectorBitmap(wrong(make())))).toEqual([]);
    const gone = ['a detached uint8array', 'a uint8array outside its buffer'].includes(title);
    const expected = gone ? expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }) : typeError('bits');
    expect(() => new IDSelectorBitmap(wrong(make()))).toThrow(expected);
  });
});
