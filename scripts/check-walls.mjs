// Checks the walls between the rooms, by what each file includes or imports, and the size of files, rooms and lists of
// parameters (walls/sizes.mjs): `npm run check:walls`.
//
//   node scripts/check-walls.mjs [folder]     another folder than the repository: for the test of this script
//   node scripts/check-walls.mjs --rooms      a table of the rooms besides
//
// kernels <- storage <- sketch <- clustering <- {codec, transform, filter} <- index <- ivf <- factory <- io <- binding <- lib; base serves every
// native room but kernels, and filter needs nothing else.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, normalize, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './run.mjs';
import { rooms } from './sources.mjs';
import { roomSizes, sizeErrors } from './walls/sizes.mjs';

const SOURCE = new Set(['.h', '.cc', '.inc', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.py', '.sh']);

const NODE_API = /^(napi(-inl)?|node_api|node_api_types|js_native_api|js_native_api_types|node|node_buffer|v8|uv)\.h$/;
// Kernels work on plain pointers; only io knows files.
const FORBIDDEN = [
  {
    rooms: ['kernels'],
    header:
      /^(algorithm|array|atomic|deque|exception|functional|future|list|map|memory|memory_resource|mutex|new|set|shared_mutex|span|stdexcept|string|thread|unordered_map|unordered_set|vector)$/,
    why: 'kernels use no containers, heap, exceptions or threads',
  },
  {
    rooms: ['base'],
    header: /^(?!(malloc|pthread|sched|signal|windows|sys\/mman|unistd)\.h$).*\.h$/,
    why: "base uses standard C++, and the system's threads and memory",
  },
  {
    rooms: rooms.filter((room) => !['base', 'io', 'binding'].includes(room)),
    header: /^(fstream|filesystem|fcntl\.h|unistd\.h|sys\/(?!auxv\.h).*|io\.h)$/, // auxv: the processor's features
    why: 'only io touches files',
  },
  {
    rooms,
    header: /^(iostream|print)$/,
    why: 'the core prints nothing',
  },
];

/** The native rooms that a file of `room` may include. */
function below(room) {
  if (room === 'kernels' || room === 'base') return [room];
  if (room === 'filter') return ['base', room];
  if (room === 'test') return [...rooms.filter((name) => name !== 'binding'), 'test'];
  return rooms.slice(0, rooms.indexOf(room) + 1).filter((name) => room !== 'transform' || name !== 'codec');
}

function includeErrors(path, text) {
  const room = path.split('/')[1];
  if (!rooms.includes(room) && room !== 'test') return [`native/${room} is not a room`];
  const errors = [];
  for (const [, bracket, name] of text.matchAll(/^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm)) {
    if (bracket === '"' && !below(room).includes(name.split('/')[0])) {
      errors.push(`includes "${name}": ${room} may include ${below(room).join(', ')}`);
    }
    if (NODE_API.test(basename(name)) && room !== 'binding')
      errors.push(`includes ${name}: only binding speaks Node-API`);
    for (const rule of FORBIDDEN) {
      if (bracket === '<' && rule.rooms.includes(room) && rule.header.test(name)) {
        errors.push(`includes <${name}>: ${rule.why}`);
      }
    }
  }
  return errors;
}

function importErrors(path, text) {
  const room = path.split('/')[0];
  const errors = [];
  const specifiers = [...text.matchAll(/\b(?:from|import|require|require\.resolve)\s*\(?\s*(['"])([^'"\n]+)\1/g)];
  for (const [, , name] of specifiers) {
    const outside = name.startsWith('.') && relative(room, normalize(join(dirname(path), name))).startsWith('..');
    const addon = name.endsWith('.node'); // judged below
    if (outside && !addon) errors.push(`imports '${name}': ${room} reaches no other folder; the package is 'voronode'`);
    if (room === 'lib' && !name.startsWith('.') && !name.startsWith('node:')) {
      errors.push(`imports '${name}': lib has no dependencies`);
    }
  }
  const loads = /\.node['"`]|\bdlopen\b/.test(text) || (path.startsWith('lib/') && /\bcreateRequire\b/.test(text));
  // The benchmark of loading names the addons of the rivals, and which of ours to take.
  const mayLoad = ['lib/loader.ts', 'bench/rivals/loading.mjs'].includes(path);
  if (loads && !mayLoad) errors.push('loads an addon: only lib/loader.ts does');
  return errors;
}

function errorsOf(path, text) {
  const errors = [];
  if (path.startsWith('native/')) errors.push(...includeErrors(path, text));
  const code = text.replace(/^\s*\/\*\*.*?\*\//gms, ''); // the examples of docstrings import the package
  if (/^(lib|packages|bench|examples)\//.test(path)) errors.push(...importErrors(path, code));
  return errors;
}

function filesBelow(folder, top) {
  if (!existsSync(join(folder, top))) return [];
  return readdirSync(join(folder, top), { recursive: true })
    .map((name) => `${top}/${name.replaceAll('\\', '/')}`)
    .filter(
      (path) => !path.includes('node_modules/') && SOURCE.has(extname(path)) && statSync(join(folder, path)).isFile(),
    );
}

const { values: options, positionals } = parseArgs({ options: { rooms: { type: 'boolean' } }, allowPositionals: true });
const folder = resolve(positionals[0] ?? root);
const files = ['native', 'lib', 'packages', 'test', 'bench', 'examples', 'scripts']
  .flatMap((top) => filesBelow(folder, top))
  .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
const errors = files.flatMap(({ path, text }) => errorsOf(path, text).map((error) => `${path} ${error}`));
errors.push(...sizeErrors(folder, files));
const lock = join(folder, 'package-lock.json');
if (existsSync(lock) && /"resolved":\s*"http/.test(readFileSync(lock, 'utf8'))) {
  errors.push(
    'package-lock.json records download addresses; install with the omit-lockfile-registry-resolved of .npmrc',
  );
}

if (options.rooms) console.table(roomSizes(files));
for (const error of errors) console.error(error);
if (errors.length > 0 || files.length === 0) {
  console.error(`check-walls: ${errors.length} violations in ${files.length} files`);
  process.exit(1);
}
console.log(`check-walls: ${files.length} files keep the walls`);
