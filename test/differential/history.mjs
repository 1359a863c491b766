/** What may happen to an index and its oracle, and what must be so afterwards. */

import { readBack } from './files.mjs';
import { chooseFilter } from './filter.mjs';
import { vectors } from './random.mjs';

/** The methods of an index and of a map of keys that do the same. */
const OF_IDS = { add: 'addWithIds', remove: 'removeIds', all: 'ids' };
const OF_KEYS = { add: 'addWithKeys', remove: 'removeKeys', all: 'keys' };
const methods = ({ kind }) => (kind.keyed ? OF_KEYS : OF_IDS);

const givesNumbers = ({ kind }) => kind.names === 'positions' || kind.names === 'numbers';

/** Of a call that must be refused, and then changes nothing. */
async function expectRefusal(subject, code, call) {
  subject.random.note(`refused: ${code}`);
  try {
    await call();
  } catch (error) {
    if (error.code === code) return;
    throw error;
  }
  subject.fail(`a call was not refused with ${code}`);
}

function addTo(subject, x, names) {
  return givesNumbers(subject) ? subject.call('add', x) : subject.call(methods(subject).add, x, names);
}

/** Through another index, which is merged into this one. */
async function merge(subject, x, names) {
  const { voronode, random, kind } = subject;
  const other = voronode.deserializeIndexSync(subject.empty);
  const from = { ...subject, index: other, call: subject.call };
  if (kind.keyed) {
    await addTo(from, x, names);
    return await subject.call('mergeFrom', other);
  }
  const offsets = { positions: 0, numbers: subject.nextNumber(), ids: random.any([0, 7, -3]) };
  const offset = offsets[kind.names];
  await addTo(
    from,
    x,
    names?.map((name) => name - offset),
  );
  return await subject.call('mergeFrom', other, offset);
}

/** Names for n rows that are added: ids may be there already. */
function namesToAdd(subject, n) {
  if (givesNumbers(subject)) return undefined;
  const { random, kind, rows } = subject;
  const again = kind.names === 'ids' && rows.length > 0 && random.oneIn(4);
  return subject.newNames(n).map((name) => (again && random.oneIn(9) ? random.any(rows).name : name));
}

/** Adds these vectors, if they can be. */
async function addVectors(subject, x) {
  const { random, rows } = subject;
  const added = subject.encode(x);
  if (!Array.isArray(added)) {
    const names = namesToAdd(subject, x.length / subject.kind.d);
    return await expectRefusal(subject, added.code, () => addTo(subject, x, names));
  }
  const names = namesToAdd(subject, added.length);
  const merged = random.oneIn(5);
  await (merged ? merge(subject, x, names) : addTo(subject, x, names));
  subject.setRows([...rows, ...added.map((row, i) => ({ ...row, name: names?.[i] }))]);
  subject.history.push(`${merged ? 'merge' : 'add'} ${added.length}`);
}

async function add(subject) {
  const { random, style, kind } = subject;
  const n = subject.someRows();
  if (n > 0) await addVectors(subject, vectors(random, style, n, kind.d));
}

/** Adds the first vectors, in two calls. */
export async function fill(subject) {
  const { first, random, kind } = subject;
  const cut = kind.d * random.below(first.length / kind.d + 1);
  for (const part of [first.subarray(0, cut), first.subarray(cut)]) {
    if (part.length > 0) await addVectors(subject, part);
  }
  await check(subject);
}

/** Vectors for rows with these names: often those that are there. */
function vectorsFor(subject, names) {
  const { random, style, kind, rows } = subject;
  const x = vectors(random, style, names.length, kind.d);
  const known = new Map(rows.map((row) => [row.name, row]));
  for (const [i, name] of names.entries()) {
    if (known.has(name) && random.oneIn(2)) x.set(known.get(name).x, i * kind.d);
  }
  return x;
}

/** By names, in their place or new; a name that comes twice counts once. */
async function upsert(subject) {
  const { random, kind, rows } = subject;
  const there = new Set(subject.names);
  const oneOf = random.any([1, 9, 9, 40]);
  const names = [...there].filter(() => random.oneIn(oneOf));
  const update = random.oneIn(3);
  if (!update && kind.names !== 'numbers') names.push(...subject.newNames(random.any([0, 1, 5, 70])));
  if (names.length === 0) return;
  if (random.oneIn(3)) names.splice(random.below(names.length), 0, random.any(names));
  const x = vectorsFor(subject, names);
  const last = new Map(names.map((name, i) => [name, i]));
  const put = subject.encode(x.filter((_, at) => last.get(names[Math.floor(at / kind.d)]) === Math.floor(at / kind.d)));
  const method = update ? 'updateVectors' : 'upsert';
  if (!Array.isArray(put)) return await expectRefusal(subject, put.code, () => subject.call(method, x, names));
  const replaced = await subject.call(method, x, names);
  const expected = update ? undefined : [...last.keys()].filter((name) => there.has(name)).length;
  if (replaced !== expected) subject.fail(`${replaced} vectors were replaced, not ${expected}`);
  const kept = rows.filter(({ name }) => !last.has(name));
  const order = names.filter((name, i) => last.get(name) === i);
  subject.setRows([...kept, ...put.map((row, i) => ({ ...row, name: order[i] }))]);
  subject.history.push(`${method} ${names.length}`);
}

/** Rows whose names are listed, or in a set. */
async function remove(subject) {
  const { random, kind, names } = subject;
  let [set, has] = chooseFilter(subject.voronode, random, names, kind.keyed);
  if (!random.oneIn(3)) {
    const some = new Set(names.filter(() => random.oneIn(9)));
    [set, has] = [[...some], (name) => some.has(name)];
  }
  const gone = subject.rows.filter(({ name }) => has(name));
  const removed = await subject.call(methods(subject).remove, set);
  if (removed !== gone.length) subject.fail(`${removed} rows were removed, not ${gone.length}`);
  if (kind.keyed) subject.gone.push(...gone.slice(0, 20).map(({ name }) => name));
  subject.setRows(subject.rows.filter((row) => !gone.includes(row)));
  subject.history.push(`remove ${removed}`);
}

/** What must fail as a whole because of one name. */
async function misname(subject) {
  const { random, kind, style, rows } = subject;
  if (givesNumbers(subject) || rows.length === 0) return;
  const there = random.any(rows).name;
  const x = vectors(random, style, 2, kind.d);
  if (!Array.isArray(subject.encode(x))) return;
  const names = [subject.newNames(1)[0], there];
  if (kind.keyed && random.oneIn(2))
    await expectRefusal(subject, 'ERR_INVALID_ARG_VALUE', () => subject.call('addWithKeys', x, names));
  else await expectRefusal(subject, 'ERR_OUT_OF_RANGE', () => subject.call('updateVectors', x, names));
}

async function reset(subject) {
  await subject.call('reset');
  subject.setRows([]);
  subject.history.push('reset');
}

const STEPS = { add, upsert, remove, readBack: reopen, misname, reset };
const DRAWN = ['add', 'add', 'upsert', 'upsert', 'remove', 'remove', 'readBack', 'readBack', 'readBack', 'misname'];

async function reopen(subject) {
  subject.history.push(await readBack(subject));
}

/** One thing that happens to the index. */
export async function change(subject) {
  const { random, kind } = subject;
  const mapping = kind.nlist === 0 && random.oneIn(3);
  const drawn = mapping ? 'readBack' : random.oneIn(40) ? 'reset' : random.any(DRAWN);
  if (drawn === 'upsert' && kind.names === 'positions') return;
  random.note(`step: ${drawn}`);
  await STEPS[drawn](subject);
  await check(subject);
}

/** What is said of the rows, apart from searches. */
async function check(subject) {
  const { index, random, kind, rows } = subject;
  if (index.ntotal !== rows.length) subject.fail(`ntotal is ${index.ntotal}`);
  const all = Array.from(await subject.call(methods(subject).all), (name) => (kind.keyed ? name : Number(name)));
  const names = kind.names === 'numbers' ? subject.names.sort((a, b) => a - b) : subject.names;
  const wrong = names.findIndex((name, i) => all[i] !== name);
  if (all.length !== names.length || wrong >= 0) subject.fail(`name ${wrong} is ${all[wrong]}, not ${names[wrong]}`);
  for (const name of [kind.keyed ? 'nobody' : 2 ** 50, ...(rows.length > 0 ? [random.any(rows).name] : [])]) {
    const has = await subject.call('has', name);
    if (has !== names.includes(name)) subject.fail(`has(${name}) is ${has}`);
  }
  if (kind.front === undefined && !kind.normalized && rows.length > 0) await checkVectors(subject);
}

/** Of some rows, what comes back: of several with one id the last. */
async function checkVectors(subject) {
  const { random, kind, rows } = subject;
  const last = new Map(rows.map((row) => [row.name, row]));
  const some = Array.from({ length: random.any([1, 3]) }, () => random.any(rows).name);
  const got = await subject.call('reconstruct', some.length === 1 && random.oneIn(2) ? some[0] : some);
  const expected = some.flatMap((name) => {
    const row = last.get(name);
    return [...(kind.refined === undefined ? row.y : row.z)];
  });
  if (got.length !== expected.length || !expected.every((value, i) => Object.is(got[i], value)))
    subject.fail(`the vectors of ${some} came back otherwise`);
}
