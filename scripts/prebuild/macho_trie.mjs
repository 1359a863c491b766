// The trie that holds a Mach-O library's exported names. A node: the size in bytes of what its name stands for, that itself,
// the count of children, and for each child what it adds to the name and at which byte it is. Sizes and places are numbers of
// seven bits a byte, lowest first.
import { cString } from './elf.mjs';

/** The names below the node at byte `at`, each with what it stands for, as bytes. */
export function* names(trie, at = 0, name = '') {
  const [size, start] = number(trie, at);
  if (size > 0) yield [name, trie.slice(start, start + size)];
  let next = start + size + 1;
  for (let i = 0; i < trie[start + size]; ++i) {
    const edge = cString(trie, next);
    const [child, end] = number(trie, next + edge.length + 1);
    yield* names(trie, child, name + edge);
    next = end;
  }
}

function number(bytes, at) {
  let value = 0;
  for (let scale = 1, i = at; ; scale *= 128, ++i) {
    value += (bytes[i] & 127) * scale;
    if (bytes[i] < 128) return [value, i + 1];
  }
}

/** A trie of such pairs: a root, a node for what all names begin with, a node for the rest of each. Less than 128 bytes. */
export function makeTrie(entries) {
  let common = entries[0][0];
  while (!entries.every(([name]) => name.startsWith(common))) common = common.slice(0, -1);
  const leaves = entries.map(([name, value]) => ({ edge: name.slice(common.length), bytes: node(value, []) }));
  const branch = (children) => node([], children);
  let place = branch([[common, 0]]).length;
  const root = branch([[common, place]]);
  place += branch(leaves.map(({ edge }) => [edge, 0])).length;
  const children = [];
  for (const { edge, bytes } of leaves) {
    children.push([edge, place]);
    place += bytes.length;
  }
  if (place >= 128) throw new Error(`a trie of ${place} bytes needs places of more than one byte`);
  return [...root, ...branch(children), ...leaves.flatMap(({ bytes }) => bytes)];
}

function node(value, children) {
  const edges = children.flatMap(([edge, place]) => [...Buffer.from(`${edge}\0`), place]);
  return [value.length, ...value, children.length, ...edges];
}
