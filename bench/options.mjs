// The options that the questions share.
import { parseArgs } from 'node:util';
import { expected } from './expected.mjs';
import { cross, presets } from './presets.mjs';
import { recipes } from './recipes.mjs';

const HELP = `
  --quick | --full     small sizes, seconds in all | up to 128 × 1M vectors, about an hour
  --d 32,128           dimensions
  --n 200k[,1M]        vectors: one number, or one for each dimension
  --data ${Object.keys(recipes).join(',')}  what the vectors are ("all" for all)
  --nq 1,8,100,1000    queries per call; serve: callers
  --k 10               neighbours
  --metric l2 | ip     default: ip for unit vectors, else l2
  --threads 1,2        of every contestant
  --rivals faiss,usearch,hnswlib   or "none"
  --ours default,no-sketch         variants of this library
  --seconds 3          least time for the rounds of one row
  --limit 3            leave usearch's batches out of a row where a call takes more seconds
  --nlist 1024         ivf, items: lists; one number, or one for each set of vectors; serve: one number
  --nprobe 16,64       ivf: lists that a search visits; serve: one number
  --parts build,search,curve,memory   ivf: what to measure; serve: callers,giant,upserts,loop,peers
  --json FILE          write everything measured
  --svg FILE           draw the ratios; ivf: recall against queries per second
  --write-docs         put the tables into docs/benchmarks.md
Environment: FAISS_PYTHON, a Python that has faiss-cpu (else Debian's /usr/bin/python3); VORONODE_SIMD; VORONODE_BINARY;
  VORONODE_BEFORE, before: a checkout that is built.`;

/** By question; others have no parts. */
const PARTS = {
  ivf: ['build', 'search', 'curve', 'memory'],
  serve: ['callers', 'giant', 'upserts', 'loop', 'peers'],
};
const strings = [
  ...['d', 'n', 'data', 'nq', 'k', 'metric', 'threads', 'rivals', 'ours', 'seconds', 'limit', 'json', 'svg'],
  ...['nlist', 'nprobe', 'parts'],
];
const flags = ['quick', 'full', 'write-docs', 'help'];

/** @returns the plan of a run, or undefined after `--help`. */
export function readOptions(question, args) {
  const values = parse(args);
  if (values.help) {
    console.log(`npm run bench -- ${question} [options]${HELP}`);
    return undefined;
  }
  const size = values.quick ? 'quick' : values.full ? 'full' : 'default';
  const covered = presets[question] ?? presets.flat;
  const preset = covered[size];
  const parts = PARTS[question] ?? [];
  const k = count('k', values.k ?? '10');
  const metric = values.metric;
  if (metric !== undefined && metric !== 'l2' && metric !== 'ip') throw expected('--metric is l2 or ip');
  return {
    command: ['npm run bench --', question, ...args].join(' '),
    shapes: shapes(values, preset).map((shape) => ({ ...shape, metric: metric ?? recipes[shape.data].metric })),
    nq: list('nq', values.nq ?? covered.nq).sort((a, b) => a - b),
    k,
    threads: values.threads === undefined ? preset.threads : list('threads', values.threads),
    rivals: names('rivals', values.rivals ?? 'faiss,usearch,hnswlib', ['faiss', 'usearch', 'hnswlib', 'none']),
    ours: names('ours', values.ours ?? 'default', ['default', 'no-sketch']),
    seconds: Number(values.seconds ?? preset.seconds),
    limit: Number(values.limit ?? preset.limit),
    nlist: values.nlist === undefined ? undefined : list('nlist', values.nlist),
    nprobe: list('nprobe', values.nprobe ?? '16,64'),
    parts: names('parts', values.parts ?? parts.join(), parts),
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
  if (unknown !== undefined)
    throw expected(`--${option} does not know "${unknown}"; it takes ${known.join(', ') || 'none here'}`);
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
