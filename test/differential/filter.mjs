/** Filters of every kind, nested; of ids, and of keys. */

/** Some of the names, from none to all but few. */
function some(random, names) {
  const oneOf = random.any([1, 2, 4, 40]);
  return new Set(names.filter(() => random.oneIn(oneOf)));
}

/** A set of ids, and whether it has an id. */
function setOfIds(voronode, random, ids) {
  const { IDSelectorBatch, IDSelectorBitmap, IDSelectorRange } = voronode;
  const within = some(random, ids);
  const set = random.any(['batch', 'one', 'range', 'bitmap']);
  random.note(`set of ids: ${set}`);
  switch (set) {
    case 'batch':
      return [new IDSelectorBatch([...within, 2n ** 62n, -(2n ** 63n)]), (id) => within.has(id)];
    case 'one': {
      const one = ids.length > 0 ? random.any(ids) : 5;
      return [new IDSelectorBatch([one, one]), (id) => id === one];
    }
    case 'range': {
      const [min, size] = [random.between(-100, 300), random.any([0, 1, 9, 90, 900])];
      return [new IDSelectorRange(min, min + size), (id) => id >= min && id < min + size];
    }
    default: {
      const bits = new Uint8Array(random.below(120));
      for (const id of within) if (id >= 0 && id < 8 * bits.length) bits[id >> 3] |= 1 << (id & 7);
      return [new IDSelectorBitmap(bits), (id) => id >= 0 && id < 8 * bits.length && within.has(id)];
    }
  }
}

/** A set of keys, and whether it has a key: those that are there, others, and some twice. */
function keysOf(random, keys) {
  const within = random.oneIn(4) && keys.length > 0 ? new Set([random.any(keys)]) : some(random, keys);
  if (random.oneIn(3)) within.add(random.any(['', 'nobody', 'é1']));
  const list = [...within];
  if (random.oneIn(3) && list.length > 0) list.splice(random.below(list.length), 0, random.any(list));
  return [list, (key) => within.has(key)];
}

/** Two sets put together. */
function joined({ IDSelectorAnd, IDSelectorOr, IDSelectorXOr }, random, [[a, inA], [b, inB]]) {
  const by = random.any(['and', 'or', 'xor']);
  random.note(`sets joined by ${by}`);
  if (by === 'and') return [new IDSelectorAnd(a, b), (name) => inA(name) && inB(name)];
  if (by === 'or') return [new IDSelectorOr(a, b), (name) => inA(name) || inB(name)];
  return [new IDSelectorXOr(a, b), (name) => inA(name) !== inB(name)];
}

/** A selector, nested up to `depth` deep, and whether it has a name. `set` makes the innermost. */
function nested(voronode, random, set, depth) {
  if (depth === 0 || random.oneIn(2)) return set();
  const part = () => nested(voronode, random, set, depth - 1);
  if (!random.oneIn(4)) return joined(voronode, random, [part(), part()]);
  random.note('set inverted');
  const [of, has] = part();
  return [new voronode.IDSelectorNot(of), (name) => !has(name)];
}

/** A filter as searches and removals take it, and whether it has a name; `names`: of the rows, keys if `keyed`. */
export function chooseFilter(voronode, random, names, keyed) {
  if (!keyed) return nested(voronode, random, () => setOfIds(voronode, random, names), 3);
  const form = random.any(['list', 'Set', 'selector', 'selector']);
  random.note(`keys as a ${form}`);
  if (form === 'selector') {
    const set = () => {
      const [list, has] = keysOf(random, names);
      return [new voronode.KeySelector(list), has];
    };
    return nested(voronode, random, set, 3);
  }
  const [list, has] = keysOf(random, names);
  return [form === 'Set' ? new Set(list) : list, has];
}
