// What a program can do with faiss-node: each case is a call or a few, and answers with what they gave. Run on faiss-node
// itself they make the record (record.mjs), run on voronode/faiss-node they are compared with it (faiss_node.test.ts).
// Components are small integers: then distances are exact in both.
//
// Not among them is what ends the process of faiss-node: k = 0, use of an index without a dimension, adding before training,
// writing to where one cannot.

/** (1, 0), (1, 2), (1, 3), (1, 1). */
function four({ IndexFlatL2 }) {
  const index = new IndexFlatL2(2);
  for (const y of [0, 2, 3, 1]) index.add([1, y]);
  return index;
}

function filled(index, x) {
  index.add(x);
  return index;
}

const facts = (index) => [index.getDimension(), index.ntotal(), index.isTrained()];

/** Points on a line, far enough apart in two groups that every clustering finds the same. */
const groups = [0, 0, 1, 0, 2, 0, 100, 0, 101, 0, 102, 0];

export const cases = {
  MetricType: ({ MetricType }) => MetricType,
  'the kinds of results': (faiss) => {
    const { labels, distances } = four(faiss).search([1, 0], 2);
    return [Array.isArray(labels), Array.isArray(distances), Buffer.isBuffer(four(faiss).toBuffer())];
  },

  // Making
  'new Index': ({ Index }) => facts(new Index(3)),
  'new IndexFlatL2': ({ IndexFlatL2 }) => facts(new IndexFlatL2(128)),
  'new IndexFlatIP': ({ IndexFlatIP }) => facts(new IndexFlatIP(1)),
  'a fraction of a dimension': ({ IndexFlatL2 }) => facts(new IndexFlatL2(2.9)),
  'more arguments': ({ IndexFlatL2 }) => facts(new IndexFlatL2(2, 'x')),
  'Index measures L2': ({ Index }) => filled(new Index(2), [0, 0, 3, 4]).search([0, 0], 2),
  'IndexFlatIP measures products': ({ IndexFlatIP }) =>
    filled(new IndexFlatIP(2), [1, 0, 3, 4, -1, 2]).search([1, 1], 3),

  // add
  'add nothing at all': (faiss) => four(faiss).add(),
  'add two things': (faiss) => four(faiss).add([], 1),
  'add a string': (faiss) => four(faiss).add('[1, 2, 3]'),
  'add a Float32Array': (faiss) => four(faiss).add(Float32Array.of(1, 2)),
  'add an object like an array': (faiss) => four(faiss).add({ length: 2, 0: 1, 1: 2 }),
  'add a string among numbers': (faiss) => four(faiss).add([1, '2']),
  'add rows': (faiss) => four(faiss).add([[1], [2]]),
  'add an array with a hole': (faiss) => four(faiss).add(Object.assign(new Array(2), { 0: 1 })),
  'add an array of a wrong length': (faiss) => four(faiss).add([1, 2, 3]),
  'add an array of a wrong length with a string': (faiss) => four(faiss).add([1, 2, '3']),
  'add an empty array': (faiss) => filled(four(faiss), []).ntotal(),
  'add gives': (faiss) => four(faiss).add([1, 2]),
  'add rounds to float32': ({ IndexFlatL2 }) => filled(new IndexFlatL2(1), [0.1]).search([0], 1),
  'a failed add': (faiss) => {
    const index = four(faiss);
    try {
      index.add([1, 2, 3, '4']);
    } catch {}
    return index.ntotal();
  },

  // train
  'train nothing at all': (faiss) => four(faiss).train(),
  'train a string': (faiss) => four(faiss).train('x'),
  'train an array of a wrong length': (faiss) => four(faiss).train([1]),
  'train a string among numbers': (faiss) => four(faiss).train([1, '2']),
  'train gives': (faiss) => four(faiss).train([1, 2]),

  // search
  'search without arguments': (faiss) => four(faiss).search(),
  'search without k': (faiss) => four(faiss).search([1, 2]),
  'search with three arguments': (faiss) => four(faiss).search([], 1, 2),
  'search a string': (faiss) => four(faiss).search('[1, 2, 3]', 2),
  'search a Float32Array': (faiss) => four(faiss).search(Float32Array.of(1, 2), 2),
  'search with k a string': (faiss) => four(faiss).search([1, 2, 3], '2'),
  'search with k a bigint': (faiss) => four(faiss).search([1, 2], 2n),
  'search more than there are': (faiss) => four(faiss).search([1, 2], 5),
  'search more than there are, with a string': (faiss) => four(faiss).search([1, '2'], 6),
  'search a negative number': (faiss) => four(faiss).search([1, 2], -1),
  'search one in an empty index': ({ Index }) => new Index(2).search([1, 2], 1),
  'search a string among numbers': (faiss) => four(faiss).search([1, '2'], 2),
  'search an array of a wrong length': (faiss) => four(faiss).search([1, 2, 3], 2),
  'search for nothing': (faiss) => four(faiss).search([], 2),
  'search one': (faiss) => four(faiss).search([1, 0], 1),
  'search all': (faiss) => four(faiss).search([1, 0], 4),
  'search two at equal distance': (faiss) => four(faiss).search([1, 1], 4),
  'search a fraction': (faiss) => four(faiss).search([1, 0], 1.9),
  'search two queries': (faiss) => four(faiss).search([1, 0, 1, 3], 2),

  // removeIds
  'remove nothing at all': (faiss) => four(faiss).removeIds(),
  'remove two things': (faiss) => four(faiss).removeIds([], 1),
  'remove a number': (faiss) => four(faiss).removeIds(1),
  'remove a string': (faiss) => four(faiss).removeIds([1, '2']),
  'remove a bigint': (faiss) => four(faiss).removeIds([1n]),
  'remove none': (faiss) => four(faiss).removeIds([]),
  'remove one after the other': (faiss) => {
    const index = four(faiss);
    return [[], [0], [0, 1], [2], [0, 1, 2]].map((ids) => [index.removeIds(ids), index.ntotal()]);
  },
  'remove one twice': (faiss) => four(faiss).removeIds([1, 1]),
  'remove what is not there': (faiss) => four(faiss).removeIds([-1, 4, 1e15]),
  'remove a fraction': (faiss) => four(faiss).removeIds([1.9, -0.5]),
  'remove, then search': (faiss) => {
    const index = four(faiss);
    index.removeIds([0, 2]);
    return index.search([1, 2], 2);
  },

  // mergeFrom
  'merge nothing at all': (faiss) => four(faiss).mergeFrom(),
  'merge two things': (faiss) => four(faiss).mergeFrom(four(faiss), 2),
  'merge a number': (faiss) => four(faiss).mergeFrom(1),
  'merge null': (faiss) => four(faiss).mergeFrom(null),
  'merge an object': (faiss) => four(faiss).mergeFrom({ foo: 'bar' }),
  'merge another dimension': (faiss) => four(faiss).mergeFrom(new faiss.IndexFlatL2(3)),
  'merge another dimension and metric': (faiss) => four(faiss).mergeFrom(new faiss.IndexFlatIP(3)),
  'merge another metric': (faiss) => four(faiss).mergeFrom(filled(new faiss.IndexFlatIP(2), [1, 2])),
  'merge an Index': (faiss) => {
    const index = four(faiss);
    index.mergeFrom(filled(new faiss.Index(2), [7, 7]));
    return index.search([7, 7], 2);
  },
  'merge one that was read': (faiss) => {
    const index = four(faiss);
    index.mergeFrom(faiss.Index.fromBuffer(four(faiss).toBuffer()));
    return index.search([1, 3], 8);
  },
  'merge, then both': (faiss) => {
    const [into, from] = [filled(new faiss.IndexFlatL2(2), [9, 9]), four(faiss)];
    const gave = into.mergeFrom(from);
    from.add([5, 5]);
    return [gave, into.search([1, 3], 5), from.ntotal(), from.search([5, 5], 1)];
  },
  'merge an empty one': (faiss) => {
    const index = four(faiss);
    index.mergeFrom(new faiss.IndexFlatL2(2));
    return index.ntotal();
  },

  // Files and buffers
  'write nothing at all': (faiss) => four(faiss).write(),
  'write to a number': (faiss) => four(faiss).write(1),
  'read nothing at all': ({ Index }) => Index.read(),
  'read two things': ({ IndexFlatL2 }) => IndexFlatL2.read('a', 'b'),
  'read a number': ({ IndexFlatIP }) => IndexFlatIP.read(1),
  'read what is not there': ({ IndexFlatL2 }) => IndexFlatL2.read('not_there'),
  'write, then read': (faiss, folder) => {
    const path = `${folder}/four.index`;
    const gave = four(faiss).write(path);
    const index = faiss.IndexFlatL2.read(path);
    return [gave, facts(index), index.search([1, 1], 4), index.constructor.name];
  },
  'read under another class': (faiss, folder) => {
    const path = `${folder}/products.index`;
    filled(new faiss.IndexFlatIP(2), [1, 0, 3, 4]).write(path);
    const index = faiss.IndexFlatL2.read(path);
    return [index.search([1, 1], 2), index.constructor.name, faiss.Index.read(path).constructor.name];
  },
  'read without its class': (faiss, folder) => {
    const path = `${folder}/alone.index`;
    four(faiss).write(path);
    const { read } = faiss.IndexFlatL2;
    return facts(read(path));
  },
  'toBuffer of something': (faiss) => four(faiss).toBuffer(1),
  'the bytes of L2': (faiss) => four(faiss).toBuffer().toString('hex'),
  'the bytes of IP': ({ IndexFlatIP }) => filled(new IndexFlatIP(3), [1, 2, 3]).toBuffer().toString('hex'),
  'fromBuffer of nothing': ({ Index }) => Index.fromBuffer(),
  'fromBuffer of a string': ({ IndexFlatL2 }) => IndexFlatL2.fromBuffer('x'),
  'fromBuffer of an ArrayBuffer': ({ IndexFlatIP }) => IndexFlatIP.fromBuffer(new ArrayBuffer(8)),
  'fromBuffer of other bytes': ({ Index }) => Index.fromBuffer(Buffer.from('no index, but long enough')),
  fromBuffer: (faiss) => faiss.Index.fromBuffer(four(faiss).toBuffer()).search([1, 1], 4),
  'fromBuffer of a Uint8Array': (faiss) =>
    faiss.IndexFlatL2.fromBuffer(Uint8Array.from(four(faiss).toBuffer())).search([1, 1], 4),

  // fromFactory
  'fromFactory of nothing': ({ Index }) => Index.fromFactory(),
  'fromFactory of a dimension': ({ Index }) => Index.fromFactory(2),
  'fromFactory of strings': ({ Index }) => Index.fromFactory('2', 'Flat'),
  'fromFactory of numbers': ({ Index }) => Index.fromFactory(2, 2),
  'fromFactory Flat': ({ Index }) => filled(Index.fromFactory(2, 'Flat'), [1, 0, 0, 3]).search([0, 0], 2),
  'fromFactory Flat, products': ({ Index, MetricType }) =>
    filled(Index.fromFactory(2, 'Flat', MetricType.METRIC_INNER_PRODUCT), [1, 0, 0, 3]).search([1, 1], 2),
  'fromFactory Flat, a metric that is no number': ({ Index }) =>
    filled(Index.fromFactory(2, 'Flat', 'ip'), [1, 0, 0, 3]).search([0, 0], 2),
  'fromFactory Flat, city blocks': ({ Index, MetricType }) =>
    filled(Index.fromFactory(2, 'Flat', MetricType.METRIC_L1), [1, 0, 0, 3]).search([0, 0], 2),
  'fromFactory L2norm,Flat': ({ Index }) => filled(Index.fromFactory(2, 'L2norm,Flat'), [0, 5, 7, 0]).search([3, 0], 2),
  'fromFactory HNSW,Flat': ({ Index }) => facts(Index.fromFactory(2, 'HNSW,Flat')),
  'fromFactory of no kind': ({ Index }) => Index.fromFactory(2, 'Nothing'),
  'fromFactory IVF2,Flat': ({ Index }) => {
    const index = Index.fromFactory(2, 'IVF2,Flat');
    const before = facts(index);
    index.train(groups);
    index.add(groups);
    return [before, facts(index), index.search([0, 0, 102, 0], 3)];
  },
  'fewer than k in the lists visited': ({ Index }) => {
    const index = Index.fromFactory(2, 'IVF2,Flat');
    index.train(groups);
    index.add(groups);
    return index.search([0, 0], 5);
  },
};

/** Value, or name and message of the error, of every case. */
export function outcomes(faiss, folder) {
  return Object.fromEntries(Object.entries(cases).map(([name, run]) => [name, outcome(() => run(faiss, folder))]));
}

function outcome(run) {
  try {
    return { value: JSON.parse(JSON.stringify(run() ?? null)) };
  } catch (error) {
    return { error: error.name, message: error.message };
  }
}
