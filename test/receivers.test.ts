/** Every method and accessor of every class, called on what is no object of the class: what is thrown has a code. */

import { describe, expect, test } from 'vitest';
import * as voronode from '../lib/index.js';

type Callable = (...args: unknown[]) => unknown;
type Class = { prototype: object } & (new (...args: unknown[]) => object);

const classes = Object.entries(voronode).filter(
  (entry): entry is [string, never] => typeof entry[1] === 'function' && /^[A-Z]/.test(entry[0]),
) as unknown as [string, Class][];

const flat = () => new voronode.IndexFlatL2(2);
const result = () => new voronode.SearchResult(1, new Float32Array(1), new BigInt64Array(1));
const receivers: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  'a number': () => 1,
  'an object': () => ({}),
  'an object without prototype': () => Object.create(null),
  'an object that inherits from an index': () => Object.create(flat()),
  'a Proxy around an index': () => new Proxy(flat(), {}),
  'a Proxy around a result': () => new Proxy(result(), {}),
  'a Proxy that throws a code': () =>
    new Proxy(flat(), {
      get: () => {
        throw Object.assign(new Error('trapped'), { code: 'TRAPPED' });
      },
    }),
  'an index of another class': flat,
  'a result': result,
  'a result in a range': () =>
    new voronode.RangeSearchResult(Float64Array.of(0, 1), new Float32Array(1), new BigInt64Array(1)),
  'a map of keys': () => new voronode.IndexKeyMap(flat()),
  'a Proxy around a map of keys': () => new Proxy(new voronode.IndexKeyMap(flat()), {}),
  'a result with keys': () => new voronode.KeySearchResult(1, new Float32Array(1), new Uint8Array(1)),
  'a result with keys in a range': () =>
    new voronode.KeyRangeSearchResult(Float64Array.of(0, 1), new Float32Array(1), new Uint8Array(1)),
  'a selector': () => new voronode.IDSelectorRange(0, 1),
};

/** The functions of an object and of its prototypes, by name: methods, getters, setters. */
function functionsOf(object: object): [string, Callable][] {
  const found: [string, Callable][] = [];
  for (let at = object; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) {
      if (key === 'constructor') continue;
      const { value, get, set } = Object.getOwnPropertyDescriptor(at, key)!;
      for (const body of [value, get, set]) if (typeof body === 'function') found.push([String(key), body]);
    }
  }
  return found;
}

async function settled(body: () => unknown): Promise<unknown> {
  try {
    const returned = await body();
    // An iterator does its work when it is asked.
    if (typeof (returned as Iterator<unknown> | null)?.next === 'function') [...(returned as Iterable<unknown>)];
    return undefined;
  } catch (error) {
    return error;
  }
}

const argumentLists = [
  ...[[], [0], [{}], [null], ['a'], [['a']]],
  ...[
    [Float32Array.of(1, 2), 1],
    [Float32Array.of(1, 2), [1n]],
    [Float32Array.of(1, 2), ['a']],
  ],
];

describe.each(classes)('%s', (_, Class) => {
  test.each(Object.entries(receivers))('called on %s', async (_, make) => {
    for (const [name, body] of functionsOf(Class.prototype)) {
      for (const args of argumentLists) {
        const error = await settled(() => Reflect.apply(body, make(), args));
        if (error !== undefined) expect((error as { code?: string }).code, `${name}: ${error}`).toBeTypeOf('string');
      }
    }
  });

  test('made of wrong arguments', async () => {
    const values = [...Object.values(receivers).map((make) => make()), NaN, 'x', Symbol('x'), [], 1n];
    for (const a of values) {
      for (const b of values) {
        const error = await settled(() => new Class(a, b, a));
        if (error !== undefined) expect((error as { code?: string }).code, `${error}`).toBeTypeOf('string');
      }
    }
  });
});

test.each<[string, () => unknown, string]>([
  ['a getter', () => new Proxy(flat(), {}).ntotal, 'Value of "this" must be of type Index. Received a Proxy; '],
  ['a method', () => new Proxy(flat(), {}).resetSync(), 'Value of "this" must be of type Index. Received a Proxy; '],
  [
    'an argument',
    () => new voronode.IndexIDMap(new Proxy(flat(), {})),
    'The "index" argument must be an instance of Index. Received a Proxy; ',
  ],
])('a Proxy is refused with advice: %s', (_, body, message) => {
  expect(body).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
  expect(body).toThrow(/toRaw.*markRaw/);
});

test('add_with_ids on a foreign receiver', async () => {
  const { add_with_ids } = voronode.Index.prototype;
  const call = Reflect.apply(add_with_ids, {}, [Float32Array.of(1), [1n]]);
  await expect(call).rejects.toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_THIS' });
});

test('methods of one of the two classes on an object of the other', async () => {
  const of = (type: string) => `Value of "this" must be of type ${type}. Received an instance of `;
  const map = new voronode.IndexKeyMap(flat());
  const onMap = Reflect.apply(voronode.Index.prototype.search, map, [Float32Array.of(1, 2), 1]);
  await expect(onMap).rejects.toThrow(`${of('Index')}IndexKeyMap`);
  const onFlat = Reflect.apply(voronode.IndexKeyMap.prototype.search, flat(), [Float32Array.of(1, 2), 1] as never);
  await expect(onFlat).rejects.toThrow(`${of('IndexKeyMap')}IndexFlatL2`);
  expect(() => new voronode.IndexIDMap(map as never)).toThrow(
    /must be an instance of Index\. Received an instance of IndexKe/,
  );
  expect(() => map.mergeFromSync(flat() as never)).toThrow(
    /must be an instance of IndexKeyMap\. Received an instance of I/,
  );
  expect(() => flat().mergeFromSync(map as never)).toThrow(
    /must be an instance of Index\. Received an instance of IndexKe/,
  );
});

test('a Proxy around a result answers as the result', () => {
  const proxy = new Proxy(result(), {});
  expect(proxy.row(0)).toEqual(result().row(0));
  expect([...proxy]).toEqual([...result()]);
});

test.each<[string, () => unknown, string]>([
  ['nothing', () => new (voronode.SearchResult as never as Class)(), 'ERR_INVALID_ARG_TYPE'],
  ['k = 0', () => new voronode.SearchResult(0, new Float32Array(0), new BigInt64Array(0)), 'ERR_OUT_OF_RANGE'],
  ['k does not fit', () => new voronode.SearchResult(2, new Float32Array(3), new BigInt64Array(3)), 'ERR_OUT_OF_RANGE'],
  ['lengths differ', () => new voronode.SearchResult(1, new Float32Array(3), new BigInt64Array(2)), 'ERR_OUT_OF_RANGE'],
  ['an array', () => new voronode.SearchResult(1, [1] as never, new BigInt64Array(1)), 'ERR_INVALID_ARG_TYPE'],
  [
    'lims that end elsewhere',
    () => new voronode.RangeSearchResult(Float64Array.of(0, 2), new Float32Array(1), new BigInt64Array(1)),
    'ERR_OUT_OF_RANGE',
  ],
  [
    'no lims',
    () => new voronode.RangeSearchResult(new Float64Array(0), new Float32Array(0), new BigInt64Array(0)),
    'ERR_OUT_OF_RANGE',
  ],
])('a result of wrong arguments: %s', (_, body, code) => {
  expect(body).toThrow(expect.objectContaining({ code }));
});
