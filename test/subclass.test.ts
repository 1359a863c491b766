/** Classes of one's own over those of the package. */

import { expect, test } from 'vitest';
import * as v from '../lib/index.js';

class Tagged extends v.IndexFlatL2 {
  tag = 1;
  constructor(d: number) {
    super(d);
    this.tag += 1;
  }
  get size(): number {
    return this.ntotal * this.d;
  }
}
class Lists extends v.IndexIVFFlat {
  constructor(d: number, quantizer: v.Index) {
    super(d, 2, { quantizer, nprobe: 2 });
  }
}
class Ids extends v.IndexIDMap2 {
  readonly label = 'mine';
}
class Refined extends v.IndexRefineFlat {}

test('a subclass makes, keeps and searches an index of its own', () => {
  const index = new Tagged(2);
  index.addSync(Float32Array.of(0, 0, 3, 4));
  expect(index).toBeInstanceOf(v.IndexFlat);
  expect([index.tag, index.size, index.metric]).toEqual([2, 4, 'l2']);
  expect(index.searchSync(Float32Array.of(3, 3), 1).labels).toEqual(BigInt64Array.of(1n));
  expect(() => index.searchSync(Float32Array.of(3, 3), 1, { filters: 1 } as object)).toThrow(/not known to Tagged/);
});

test('subclasses wrap each other, and show the objects that were given', () => {
  const [quantizer, base] = [new Tagged(2), new Tagged(2)];
  const lists = new Lists(2, quantizer);
  expect([lists.quantizer, lists.nprobe]).toEqual([quantizer, 2]);
  expect(lists.quantizer).toBe(quantizer);
  const refined = new Refined(base, { kFactor: 3 });
  const ids = new Ids(refined);
  expect([ids.label, refined.kFactor]).toEqual(['mine', 3]);
  expect(ids.index).toBe(refined);
  expect(refined.baseIndex).toBe(base);
  expect(v.serializeIndexSync(ids).subarray(0, 4)).toEqual(Uint8Array.from(Buffer.from('IxM2')));
});

test('what is read back has the classes of the package', async () => {
  const map = new Ids(new Tagged(2));
  map.addWithIdsSync(Float32Array.of(1, 1), [5]);
  for (const back of [
    v.deserializeIndexSync(v.serializeIndexSync(map)),
    await v.deserializeIndex(v.serializeIndexSync(map)),
  ]) {
    expect(back.constructor).toBe(v.IndexIDMap2);
    expect((back as v.IndexIDMap2).index.constructor).toBe(v.IndexFlatL2);
    expect((back as v.IndexIDMap2).index).toBe((back as v.IndexIDMap2).index);
  }
  const lists = v.deserializeIndexSync(v.serializeIndexSync(new Lists(2, new Tagged(2)))) as v.IndexIVFFlat;
  expect(lists.constructor).toBe(v.IndexIVFFlat);
  expect(lists.quantizer.constructor).toBe(v.IndexFlatL2);
  expect(lists.quantizer).toBe(lists.quantizer);
});

test('a class that is no kind of index has no constructor to call', () => {
  class Mine extends (v.Index as unknown as new () => v.Index) {}
  expect(() => new Mine()).toThrow(/^Mine has no public constructor/);
  expect(() => new (v.IndexPreTransform as unknown as new (x: object) => v.Index)({})).toThrow(/no public constructor/);
});
