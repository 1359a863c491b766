/** Options that are not known: an error that names the one that was meant, before anything is done. */

import { describe, expect, it, test } from 'vitest';
import * as v from '../lib/index.js';

const rows = () => Float32Array.from({ length: 80 }, (_, i) => i);
const query = Float32Array.of(0, 0);
const filter = new v.IDSelectorRange(0, 3);

function flat(): v.IndexFlatL2 {
  const index = new v.IndexFlatL2(2);
  index.addSync(rows());
  return index;
}
function trained(description: string): v.Index {
  const index = v.indexFactory(2, description);
  index.trainSync(rows(), { minPointsPerCentroid: 1 });
  if (description.startsWith('IDMap')) index.addWithIdsSync(rows(), [...rows().subarray(0, 40)]);
  else index.addSync(rows());
  return index;
}

/** What a call fails with, thrown or rejected. */
async function failure(body: () => unknown): Promise<{ code?: string; message?: string }> {
  try {
    await body();
  } catch (error) {
    return error as { code: string; message: string };
  }
  return {};
}
const refusal = (message: string) => ({ code: 'ERR_INVALID_ARG_VALUE', name: 'TypeError', message });

describe('a search', () => {
  const searches: [string, (index: v.Index, options: unknown) => unknown][] = [
    ['search', (index, options) => index.search(query, 1, options as v.SearchOptions)],
    ['searchSync', (index, options) => index.searchSync(query, 1, options as v.SearchOptions)],
    ['rangeSearch', (index, options) => index.rangeSearch(query, 1, options as v.SearchOptions)],
    ['rangeSearchSync', (index, options) => index.rangeSearchSync(query, 1, options as v.SearchOptions)],
  ];
  const misspelt: [string, object, string][] = [
    ['IVF2,Flat', { nProbe: 2 }, "The property 'options.nProbe' is not known to IndexIVFFlat. Did you mean 'nprobe'?"],
    [
      'IVF2,SQ8',
      { n_probe: 2 },
      "The property 'options.n_probe' is not known to IndexIVFScalarQuantizer. Did you mean 'nprobe'?",
    ],
    [
      'IDMap,IVF2,Flat',
      { probe: 2 },
      "The property 'options.probe' is not known to IndexIDMap. Did you mean 'nprobe'?",
    ],
    ['Flat', { filters: filter }, "The property 'options.filters' is not known to IndexFlatL2. Did you mean 'filter'?"],
    ['Flat', { fliter: filter }, "The property 'options.fliter' is not known to IndexFlatL2. Did you mean 'filter'?"],
    ['Flat', { nprobe: 2 }, "The property 'options.nprobe' is not known to IndexFlatL2. It takes {all}"],
    ['IDMap,Flat', { kFactor: 2 }, "The property 'options.kFactor' is not known to IndexIDMap. It takes {all}"],
    [
      'IVF2,SQ8',
      { kFactor: 2 },
      "The property 'options.kFactor' is not known to IndexIVFScalarQuantizer. It takes 'nprobe', {all}",
    ],
    [
      'IVF2,SQ8,RFlat',
      { k_factor: 2 },
      "The property 'options.k_factor' is not known to IndexRefineFlat. Did you mean 'kFactor'?",
    ],
    [
      'L2norm,Flat',
      { ['x'.repeat(1000)]: 1 },
      `The property 'options.${'x'.repeat(1000)}' is not known to IndexPreTransform. It takes {all}`,
    ],
  ];
  describe.each(searches)('%s', (name, search) => {
    const all = name.endsWith('Sync') ? "'filter' and 'signal'" : "'filter', 'signal', 'priority' and 'transfer'";
    it.each(misspelt)('%s refuses %o', async (description, options, message) => {
      const expected = refusal(message.replace('{all}', all));
      expect(await failure(() => search(trained(description), options))).toMatchObject(expected);
    });
    it('ignores names whose value is undefined', async () => {
      const options = { nprobe: undefined, kFactor: undefined, filter: undefined, signal: undefined, other: undefined };
      for (const index of [flat(), trained('IVF2,Flat')]) await search(index, options);
    });
    it.each([
      [
        'nprobe',
        0,
        'ERR_OUT_OF_RANGE',
        'The value of "options.nprobe" is out of range. It must be an integer >= 1. Received 0',
      ],
      [
        'nprobe',
        '2',
        'ERR_INVALID_ARG_TYPE',
        'The "options.nprobe" property must be of type number. Received type string (\'2\')',
      ],
      [
        'kFactor',
        1001,
        'ERR_OUT_OF_RANGE',
        'The value of "options.kFactor" is out of range. It must be a number >= 1 && <= 1000. Received 1001',
      ],
      ['kFactor', null, 'ERR_INVALID_ARG_TYPE', 'The "options.kFactor" property must be of type number. Received null'],
    ])('refuses { %s: %s }', async (name, value, code, message) => {
      const index = trained('IDMap,IVF2,SQ8,RFlat');
      expect(await failure(() => search(index, { [name]: value }))).toMatchObject({ code, message });
    });
  });

  it('takes what its kind and those in its wrappers take', () => {
    for (const description of [
      'IVF4,Flat',
      'IDMap,IVF4,Flat',
      'L2norm,IVF4,Flat',
      'IVF4,Flat,RFlat',
      'IDMap2,IVF4,Flat,RFlat',
    ]) {
      const index = trained(description);
      expect(index.searchSync(query, 40, { nprobe: 1 }).labels).toContain(-1n);
      expect(index.searchSync(query, 40, { nprobe: 4 }).labels).not.toContain(-1n);
    }
  });
});

test.each<[string, (options: never) => unknown, object, string]>([
  ['add', (o) => flat().add(rows(), o), { singal: 1 }, "add(). Did you mean 'signal'?"],
  [
    'addWithIds',
    (o) => trained('IVF2,Flat').addWithIds(query, [1], o),
    { ids: 1 },
    "addWithIds(). It takes 'signal', 'priority' and 'transfer'",
  ],
  ['removeIds', (o) => flat().removeIds([1], o), { filter }, "removeIds(). It takes 'signal' and 'priority'"],
  ['train', (o) => flat().train(rows(), o), { nIter: 3 }, "train(). Did you mean 'niter'?"],
  ['trainSync', (o) => flat().trainSync(rows(), o), { iterations: 3 }, 'trainSync(). It takes '],
  [
    'kmeans',
    (o) => v.kmeans(rows(), 2, 2, o),
    { max_points_per_centroid: 3 },
    "kmeans(). Did you mean 'maxPointsPerCentroid'?",
  ],
  ['kmeansSync', (o) => v.kmeansSync(rows(), 2, 2, o), { seeds: 3 }, "kmeansSync(). Did you mean 'seed'?"],
  [
    'mergeFrom',
    (o) => new v.IndexIVFFlat(2, 2).mergeFrom(new v.IndexIVFFlat(2, 2), 0, o),
    { addId: 3 },
    "mergeFrom(). It takes 'signal' and 'priority'",
  ],
  ['readIndex', (o) => v.readIndex('none', o), { map: true }, "readIndex(). Did you mean 'mmap'?"],
  ['readIndexSync', (o) => v.readIndexSync('none', o), { flags: 2 }, 'readIndexSync(). It takes '],
  ['writeIndex', (o) => v.writeIndex(flat(), '/', o), { atomics: false }, "writeIndex(). Did you mean 'atomic'?"],
  ['serializeIndex', (o) => v.serializeIndex(flat(), o), { Signal: 1 }, "serializeIndex(). Did you mean 'signal'?"],
  [
    'deserializeIndex',
    (o) => v.deserializeIndex(v.serializeIndexSync(flat()), o),
    { mmap: true },
    "deserializeIndex(). It takes 'signal', 'priority' and 'transfer'",
  ],
  ['tune', (o) => v.tune(trained('IVF2,Flat'), query, o), { recalls: 0.9 }, "tune(). Did you mean 'recall'?"],
  ['suggestIndex', (o) => v.suggestIndex(10, 2, o), { id: true }, "suggestIndex(). Did you mean 'ids'?"],
  ['IndexFlat', (o) => new v.IndexFlat(2, o), { Metric: 'ip' }, "IndexFlat. Did you mean 'metric'?"],
  ['IndexFlatIP', (o) => new v.IndexFlatIP(2, o), { sketches: false }, "IndexFlatIP. Did you mean 'sketch'?"],
  [
    'IndexIVFFlat',
    (o) => new v.IndexIVFFlat(2, 2, o),
    { byResidual: true },
    "IndexIVFFlat. It takes 'metric', 'quantizer', 'nprobe' and 'sketch'",
  ],
  [
    'IndexIVFScalarQuantizer',
    (o) => new v.IndexIVFScalarQuantizer(2, 2, 'SQ8', o),
    { by_residual: true },
    "IndexIVFScalarQuantizer. Did you mean 'byResidual'?",
  ],
  [
    'IndexRefineFlat',
    (o) => new v.IndexRefineFlat(new v.IndexFlatL2(2), o),
    { kfactor: 2 },
    "IndexRefineFlat. Did you mean 'kFactor'?",
  ],
])('%s', async (_, call, options, message) => {
  const [name] = Object.keys(options);
  const expected = `The property 'options.${name}' is not known to ${message}`;
  expect(await failure(() => call(options as never))).toMatchObject(
    refusal(expect.stringContaining(expected) as never),
  );
});

describe('priority', () => {
  const message = (value: string) =>
    `The property 'options.priority' must be one of: 'normal', 'background'. Received ${value}`;
  const calls: [string, (options: never) => Promise<unknown>][] = [
    ['add', (o) => flat().add(rows(), o)],
    ['addWithIds', (o) => trained('IVF2,Flat').addWithIds(query, [1], o)],
    ['train', (o) => flat().train(rows(), o)],
    ['search', (o) => flat().search(query, 1, o)],
    ['searchOne', (o) => flat().searchOne(query, 1, o)],
    ['rangeSearch', (o) => flat().rangeSearch(query, 1, o)],
    ['reconstruct', (o) => flat().reconstruct(1, o)],
    ['removeIds', (o) => flat().removeIds([1], o)],
    ['mergeFrom', (o) => flat().mergeFrom(flat(), 0, o)],
    ['serializeIndex', (o) => v.serializeIndex(flat(), o)],
    ['deserializeIndex', (o) => v.deserializeIndex(v.serializeIndexSync(flat()), o)],
    ['kmeans', (o) => v.kmeans(rows(), 2, 2, o)],
    ['tune', (o) => v.tune(trained('IVF2,Flat'), query, o)],
  ];
  it.each(calls)('%s takes it', async (_, call) => {
    for (const priority of ['normal', 'background', undefined]) await call({ priority } as never);
    for (const [value, shown] of [
      ['high', "type string ('high')"],
      [null, 'null'],
      [1, 'type number (1)'],
    ]) {
      const failed = await failure(() => call({ priority: value } as never));
      expect(failed).toMatchObject(refusal(message(shown as string)));
    }
  });
  it('is not for calls that are done in place', async () => {
    const options = { priority: 'background' } as never;
    for (const call of [
      () => flat().searchSync(query, 1, options),
      () => trained('IVF2,Flat').trainSync(rows(), options),
      () => v.kmeansSync(rows(), 2, 2, options),
      () => v.readIndexSync('none', options),
    ]) {
      expect(await failure(call)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    }
  });
});

describe('setting a parameter', () => {
  const set = (index: v.Index, name: string) => () => {
    (index as unknown as Record<string, number>)[name] = 3;
  };
  it.each([
    ['Flat', 'nprobe', "IndexFlatL2 has no 'nprobe': its searches know no such parameter"],
    ['IVF2,Flat', 'kFactor', "IndexIVFFlat has no 'kFactor': its searches know no such parameter"],
    ['IDMap,IVF2,Flat', 'nprobe', "IndexIDMap has no 'nprobe' of its own; set it on index.index"],
    ['IDMap,L2norm,IVF2,Flat', 'nprobe', "IndexIDMap has no 'nprobe' of its own; set it on index.index.index"],
    ['IVF2,Flat,RFlat', 'nprobe', "IndexRefineFlat has no 'nprobe' of its own; set it on index.baseIndex"],
    ['IDMap,IVF2,Flat,RFlat', 'kFactor', "IndexIDMap has no 'kFactor' of its own; set it on index.index"],
  ])('of %s: %s', (description, name, message) => {
    const index = v.indexFactory(2, description);
    expect(set(index, name)).toThrow(expect.objectContaining({ code: 'ERR_VORONODE_UNSUPPORTED', message }));
    expect((index as unknown as Record<string, unknown>)[name]).toBeUndefined();
  });
  it('works where it is, and is no business of subclasses', () => {
    const lists = new v.IndexIVFFlat(2, 4);
    set(lists, 'nprobe')();
    expect(lists.nprobe).toBe(3);
    class Mine extends v.IndexFlatL2 {
      nprobe = 5;
    }
    expect(new Mine(2).nprobe).toBe(5);
  });
});
