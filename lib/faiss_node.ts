/**
 * `voronode/faiss-node`: the surface of the npm package faiss-node 0.5.1, for programs that were written for it. Vectors and
 * answers are `number[]`, everything happens in place on the calling thread, and messages are kept.
 *
 * Where faiss-node ends the process (k = 0, adding before training, a failed write), here is an error. What Faiss has and
 * voronode has not is refused by name. docs/migrating.md lists what differs.
 *
 * @module voronode/faiss-node
 */

import { unsupported } from './errors.js';
import {
  checkCount,
  invalidArgument,
  toBytes,
  toIds,
  toNeighbours,
  toPath,
  toVectors,
} from './faiss_node_arguments.js';
// From the entry point, as in dist/ the two are files of their own that share their classes.
import {
  Index as AnyIndex,
  deserializeIndexSync,
  type IndexFlat as Flat,
  IndexFlatIP as FlatIP,
  IndexFlatL2 as FlatL2,
  IndexKeyMap,
  indexFactory,
  readIndexSync,
  serializeIndexSync,
  writeIndexSync,
} from './index.js';
import { type Metric, metricOfNumber } from './metric.js';
import { Uncloneable } from './uncloneable.js';

// Named, and whole as the default: faiss-node is CommonJS, and `import faiss from` gives its module.exports.
export * as default from './faiss_node.js';

/** Row-major, of size nq · k, best first for each query. */
export interface SearchResult {
  /** Squared Euclidean distances, or inner products. */
  distances: number[];
  /** Positions of the stored vectors. */
  labels: number[];
}

/** Faiss's numbers. METRIC_L2, METRIC_INNER_PRODUCT, METRIC_L1 and METRIC_Linf are offered. */
export enum MetricType {
  METRIC_INNER_PRODUCT = 0,
  METRIC_L2 = 1,
  METRIC_L1 = 2,
  METRIC_Linf = 3,
  METRIC_Lp = 4,
  METRIC_Canberra = 20,
  METRIC_BrayCurtis = 21,
  METRIC_JensenShannon = 22,
  METRIC_Jaccard = 23,
}

/** An index of any kind; `new Index(d)` makes an exact one by squared Euclidean distance. */
export class Index extends Uncloneable {
  readonly #index: AnyIndex;

  /** @param d components per vector */
  constructor(d: number);
  /** @internal */
  constructor(index: AnyIndex);
  constructor(source: number | AnyIndex) {
    super();
    this.#index = source instanceof AnyIndex ? source : makeFlat(FlatL2, source);
  }

  /** How many vectors are stored. */
  ntotal(): number {
    return this.#index.ntotal;
  }

  /** Components per vector. */
  getDimension(): number {
    return this.#index.d;
  }

  /** Whether vectors can be added: if not, {@link train} first. */
  isTrained(): boolean {
    return this.#index.isTrained;
  }

  /** Adds n vectors, of size n · d; their labels are ntotal, ntotal + 1, … */
  add(x: number[]): void;
  add(...args: unknown[]): void {
    checkCount(args, 1);
    this.#index.addSync(toVectors(args[0], this.#index.d));
  }

  /** Learns from n vectors, of size n · d. Nothing for exact indexes. */
  train(x: number[]): void;
  train(...args: unknown[]): void {
    checkCount(args, 1);
    this.#index.trainSync(toVectors(args[0], this.#index.d));
  }

  /** The k nearest of each of nq queries, of size nq · d. An error if k is greater than `ntotal()`. */
  search(x: number[], k: number): SearchResult;
  search(...args: unknown[]): SearchResult {
    checkCount(args, 2);
    const [x, k] = args;
    if (!Array.isArray(x)) throw invalidArgument('first', 'an Array');
    if (typeof k !== 'number') throw invalidArgument('second', 'a Number');
    const neighbours = toNeighbours(k, this.ntotal());
    const { distances, labels } = this.#index.searchSync(toVectors(x, this.#index.d), neighbours);
    return { distances: toNumbers(distances), labels: toNumbers(labels) };
  }

  /** Writes a file of Faiss's format, atomically and durably. */
  write(fname: string): void;
  write(...args: unknown[]): void {
    writeIndexSync(this.#index, toPath(args));
  }

  /** What {@link write} would write. */
  toBuffer(): Buffer;
  toBuffer(...args: unknown[]): Buffer {
    checkCount(args, 0);
    const bytes = serializeIndexSync(this.#index);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves all vectors of another index of the same kind behind those here: it is empty afterwards. */
  mergeFrom(otherIndex: Index): void;
  mergeFrom(...args: unknown[]): void {
    checkCount(args, 1);
    const [other] = args;
    if (other === null || (typeof other !== 'object' && typeof other !== 'function')) {
      throw new TypeError('Invalid argument type, must be an object.');
    }
    if (!(#index in other)) throw new Error('Invalid argument');
    merge(this.#index, other.#index);
  }

  /** Removes vectors by label; the ones behind move up. How many went. */
  removeIds(ids: number[]): number;
  removeIds(...args: unknown[]): number {
    checkCount(args, 1);
    return this.#index.removeIdsSync(toIds(args[0]));
  }

  /** Reads a file of Faiss's format. */
  static read(fname: string): Index;
  static read(...args: unknown[]): Index {
    return indexOf(readFile(args));
  }

  /** Reads what {@link toBuffer} gives, or the bytes of a file. */
  static fromBuffer(src: Buffer): Index;
  static fromBuffer(...args: unknown[]): Index {
    return indexOf(withNumbers(deserializeIndexSync(toBytes(args))));
  }

  /**
   * Makes an index by Faiss's description: `'Flat'`, `'IVF1024,Flat'`, `'L2norm,Flat'`, … Others are refused with the
   * list of those that are offered.
   * @param metric METRIC_L2 unless given
   */
  static fromFactory(dims: number, descriptor: string, metric?: MetricType): Index;
  static fromFactory(...args: unknown[]): Index {
    if (args.length < 2) throw new Error(`Expected 2 or 3 arguments, but got ${args.length}.`);
    const [dims, descriptor, metric] = args;
    if (typeof dims !== 'number') throw invalidArgument('first', 'a number');
    if (typeof descriptor !== 'string') throw invalidArgument('second', 'a string');
    return indexOf(indexFactory(Math.trunc(dims), descriptor, metricOf(metric)));
  }
}

/** Exact search by squared Euclidean distance. */
export class IndexFlatL2 extends Index {
  static override read(fname: string): IndexFlatL2;
  static override read(...args: unknown[]): IndexFlatL2 {
    return flatL2Of(readFile(args));
  }

  static override fromBuffer(src: Buffer): IndexFlatL2;
  static override fromBuffer(...args: unknown[]): IndexFlatL2 {
    return flatL2Of(withNumbers(deserializeIndexSync(toBytes(args))));
  }
}

/** Exact search by inner product: the largest are the nearest. */
export class IndexFlatIP extends Index {
  /** @param d components per vector */
  constructor(d: number);
  /** @internal */
  constructor(index: AnyIndex);
  constructor(source: number | AnyIndex) {
    super(source instanceof AnyIndex ? source : makeFlat(FlatIP, source));
  }

  static override read(fname: string): IndexFlatIP;
  static override read(...args: unknown[]): IndexFlatIP {
    return flatIPOf(readFile(args));
  }

  static override fromBuffer(src: Buffer): IndexFlatIP;
  static override fromBuffer(...args: unknown[]): IndexFlatIP {
    return flatIPOf(withNumbers(deserializeIndexSync(toBytes(args))));
  }
}

// Apart, as the bundler renames a class that names itself, and stack traces would tell of an _Index.
const indexOf = (index: AnyIndex): Index => new Index(index);
const flatL2Of = (index: AnyIndex): IndexFlatL2 => new IndexFlatL2(index);
const flatIPOf = (index: AnyIndex): IndexFlatIP => new IndexFlatIP(index);

function makeFlat(Kind: new (d: number) => Flat, d: unknown): AnyIndex {
  if (typeof d !== 'number') throw invalidArgument('first', 'a number');
  return new Kind(Math.trunc(d));
}

/** `Array.from` goes through an iterator, and takes three times as long. */
function toNumbers(values: ArrayLike<number | bigint>): number[] {
  const numbers = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) numbers[i] = Number(values[i]);
  return numbers;
}

/** As in faiss-node, what is no number counts as not given. */
function metricOf(metric: unknown): Metric {
  if (typeof metric !== 'number') return 'l2';
  const found = metricOfNumber(metric);
  if (found !== undefined) return found;
  throw unsupported(
    `The metric ${MetricType[metric] ?? metric} is not offered; offered are METRIC_L2, METRIC_INNER_PRODUCT, METRIC_L1 and METRIC_Linf`,
  );
}

/** A file that cannot be opened is reported in Faiss's words, with the code and the path that `node:fs` would give. */
function readFile(args: unknown[]): AnyIndex {
  const path = toPath(args);
  try {
    return withNumbers(readIndexSync(path));
  } catch (cause) {
    const { code, errno, syscall } = cause as NodeJS.ErrnoException;
    if (syscall !== 'open') throw cause;
    const reason = /^\w+: (.)([^,]*)/.exec((cause as Error).message);
    const text = reason === null ? code : `${reason[1]!.toUpperCase()}${reason[2]}`;
    const message = `Error in voronode/faiss-node: could not open ${path} for reading: ${text}`;
    throw Object.assign(new Error(message, { cause }), { code, errno, syscall, path });
  }
}

/** What was read, which may be a map of keys; labels are numbers here. */
function withNumbers(index: AnyIndex | IndexKeyMap): AnyIndex {
  if (!(index instanceof IndexKeyMap)) return index;
  throw unsupported(
    'These are vectors under strings, which faiss-node has no names for; read them with voronode itself',
  );
}

/** In the words of faiss-node where the dimensions differ. */
function merge(into: AnyIndex, from: AnyIndex): void {
  if (from.d !== into.d) throw new Error('The merging index must have the same dimension.');
  into.mergeFromSync(from);
}
