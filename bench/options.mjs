// The options that the questions share, and what a run covers when they are not given.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { expected } from './expected.mjs';
import { recipes } from './recipes.mjs';

/**
 * What to cover. `shapes`: d × n with the data to search; sizes beyond the last-level cache (32 MB here and there), but for
 * `quick`, which only shows that everything works. `seconds`: how long the rounds of one row of a table go on at least.
 * `limit`: what need not run (usearch's batches) is left out of a row where one call would take more seconds than this.
 */
const presets = {
  quick: {
    shapes: cross(
      [
        [32, 40_000],
        [128, 10_000],
        [768, 2_000],
      ],
      ['gaussian'],
    ),
    threads: [availableParallelism()],
    seconds: 0.3,
    limit: 1,
  },
  default: {
    shapes: cross(
      [
        [32, 400_000],
        [128, 200_000],
        [768, 40_000],
      ],
      ['gaussian', 'clustered'],
    ),
    threads: [availableParallelism()],
    seconds: 3,
    limit: 3,
  },
  full: {
    shapes: [
      ...cross(
        [
          [128, 1e6],
          [768, 200_000],
          [1536, 100_000],
          [32, 1e6],
          [10, 1e6],
        ],
        ['gaussian', 'clustered'],
      ),
      ...cross([[128, 1e6]], ['unit', 'integers']),
    ],
    threads: [...new Set([1, availableParallelism()])],
    seconds: 10,
    limit: 10,
  },
};

function cross(sizes, data) {
  return sizes.flatMap(([d, n]) => data.map((name) => ({ d, n, data: name })));
}

const HELP = `
  --quick | --full     small sizes, seconds in all | 10 × 1M to 128 × 1M vectors, about an hour
  --d 32,128           dimensions
  --n 200k[,1M]        vectors: one number, or one for each dimension
  --data ${Object.keys(recipes).join(',')}  what the vectors are ("all" for all)
  --nq 1,8,100,1000    queries per call
  --k 10               neighbours
  --metric l2 | ip     default: ip for unit vectors, else l2
  --threads 1,2        of every contestant
  --rivals faiss,usearch,hnswlib   or "none"
  --ours default,no-sketch         variants of this library
  --seconds 3          least time for the rounds of one row
  --limit 3            leave usearch's batches out of a row where a call takes more seconds
  --json FILE          write everything measured
  --svg FILE           draw the ratios
  --write-docs         put the tables into docs/benchmarks.md
Environment: FAISS_PYTHON, a Python that has faiss-cpu (else Debian's /usr/bin/python3); VORONODE_SIMD; VORONODE_BINARY.`;

const strings = ['d', 'n', 'data', 'nq', 'k', 'metric', 'threads', 'rivals', 'ours', 'seconds', 'limit', 'json', 'svg'];
const flags = ['quick', 'full', 'write-docs', 'help'];

/** @returns the plan of a run, or undefined after `--help`. */
export function readOptions(question, args) {
  const values = parse(args);
  if (values.help) {
    console.log(`npm run bench -- ${question} [options]${HELP}`);
    return undefined;
  }
  const size = values.quick ? 'quick' : values.full ? 'full' : 'default';
  const preset = presets[size];
  const k = count('k', values.k ?? '10');
  const metric = values.metric;
  if (metric !== undefined && metric !== 'l2' && metric !== 'ip') throw expected('--metric is l2 or ip');
  return {
    command: ['npm run bench --', question, ...args].join(' '),
    shapes: shapes(values, preset).map((shape) => ({ ...shape, metric: metric ?? recipes[shape.data].metric })),
    nq: list('nq', values.nq ?? '1,8,100,1000').sort((a, b) => a - b),
    k,
    threads: values.threads === undefined ? preset.threads : list('threads', values.threads),
    rivals: names('rivals', values.rivals ?? 'faiss,usearch,hnswlib', ['faiss', 'usearch', 'hnswlib', 'none']),
    ours: names('ours', values.ours ?? 'default', ['default', 'no-sketch']),
    seconds: Number(values.seconds ?? preset.seconds),
    limit: Number(values.limit ?? preset.limit),
    json: values.json,
    svg: values.svg,
    writeDocs: values['write-docs'] === true,
  };
}

function parse(args) {
  try {
    const options = Object.fromEntries([
      ...strings.map((name) => [name, { type: 'string' }]),
      ...flags.map((name) => [name, { type: 'boolean' }]),
    ]);
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw expected(`${error.message}; --help lists the options`);
  }
}

/** The preset's shapes, narrowed or replaced by --d, --n and --data. */
function shapes(values, preset) {
  const all = Object.keys(recipes);
  const data =
    values.data === undefined ? undefined : names('data', values.data === 'all' ? all.join() : values.data, all);
  const d = values.d === undefined ? undefined : list('d', values.d);
  const n = values.n === undefined ? undefined : list('n', values.n);
  if (d === undefined && n === undefined && data === undefined) return preset.shapes;

  const sizes = new Map(preset.shapes.map((shape) => [shape.d, shape.n]));
  const dimensions = d ?? [...sizes.keys()];
  if (n !== undefined && n.length !== 1 && n.length !== dimensions.length) {
    throw expected(`--n takes one number, or one for each of the ${dimensions.length} dimensions`);
  }
  const same = 25.6e6; // components, for dimensions that the preset does not know: 100 MB
  const pairs = dimensions.map((each, i) => [each, n?.[i] ?? n?.[0] ?? sizes.get(each) ?? Math.ceil(same / each)]);
  return cross(pairs, data ?? [...new Set(preset.shapes.map((shape) => shape.data))]);
}

function names(option, text, known) {
  const chosen = text.split(',').filter(Boolean);
  const unknown = chosen.find((name) => !known.includes(name));
  if (unknown !== undefined) throw expected(`--${option} does not know "${unknown}"; it takes ${known.join(', ')}`);
  return chosen.filter((name) => name !== 'none');
}

function list(option, text) {
  return text.split(',').map((part) => count(option, part));
}

/** 1000, 200k, 1M. */
function count(option, text) {
  const match = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text.trim());
  const value = match === null ? 0 : Number(match[1]) * { '': 1, k: 1e3, M: 1e6 }[match[2]];
  if (!Number.isInteger(value) || value < 1)
    throw expected(`--${option} takes numbers like 1000, 200k, 1M; got "${text}"`);
  return value;
}
