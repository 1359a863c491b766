/** Kinds of indexes, of all the parts that the factory offers. */

/** The parts of descriptions, besides "IVF<nlist>" and "Refine(<code>)", that are no code of rows. */
const OTHERS = {
  transforms: ['L2norm', 'PCA', 'PCAW', 'PCAR', 'PCAWR', 'RR', 'Pad'],
  refinements: ['RFlat'],
  maps: ['IDMap', 'IDMap2'],
};
/** What the factory says of "IVF<nlist>" and "Refine(<code>)". */
const WORDS = ['IVF<nlist>', 'one of these', 'Refine(<one of these>)'];

/**
 * What the fuzzer makes of the factory's parts, by the sentence in which the factory lists them; what is no other part is a
 * code: an index that scans rows, and gives them back by their positions as it compares them.
 */
export function partsOf(offered) {
  const known = [...WORDS, ...Object.values(OTHERS).flat()];
  const names = offered.split(/, | and | or | with /).map((name) => name.replace('<d>', ''));
  const missing = known.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`the factory does not offer ${missing}`);
  return { codes: names.filter((name) => !known.includes(name)), ...OTHERS };
}

function offeredBy(voronode) {
  const refusal = (description) => {
    try {
      voronode.indexFactory(4, description).close();
    } catch (error) {
      return error;
    }
  };
  const found = partsOf(/offered are (.*)$/.exec(refusal('PQ4').message)[1]);
  return {
    ...found,
    listCodes: found.codes.filter((code) => !refusal(`IVF1,${code}`)),
    refineCodes: found.codes.filter((code) => !refusal(`Flat,Refine(${code})`)),
  };
}

let parts;
const chooseCode = (random, codes) => (random.oneIn(2) ? 'Flat' : random.any(codes));

/** A transform before the normalisation. */
function chooseFront(random, d) {
  const name = random.any(parts.transforms.slice(1));
  if (name === 'RR' && random.oneIn(2)) return name;
  return name + random.between(1, name.startsWith('PCA') ? d : d + 5);
}

/**
 * A kind of index. `names`: what its rows are known by: `keys` or `ids` of the caller, `numbers` that stay, or `positions`;
 * `plain`: its description without what maps those.
 */
export function chooseKind(voronode, random) {
  parts ??= offeredBy(voronode);
  const nlist = random.oneIn(3) ? 0 : random.between(1, 4);
  const code = chooseCode(random, nlist > 0 ? parts.listCodes : parts.codes);
  const d = random.any([1, 2, 4, 4, 5, 8, 15, 16, 17, 33]);
  const normalized = random.oneIn(5);
  const front = random.oneIn(4) ? chooseFront(random, d) : undefined;
  const refined = random.oneIn(5) ? chooseCode(random, parts.refineCodes) : undefined;
  const naming = random.below(6);
  const map = naming < 2 ? random.any(parts.maps) : undefined;
  const keyed = naming === 2 || naming === 3;
  const refinement = refined === 'Flat' ? parts.refinements[0] : refined && `Refine(${refined})`;
  const transforms = [front, normalized ? 'L2norm' : undefined];
  const all = [...transforms, nlist > 0 ? `IVF${nlist}` : undefined, code, refinement];
  const plain = all.filter((part) => part !== undefined).join();
  return {
    d,
    metric: random.any(['l2', 'l2', 'l2', 'ip', 'ip', 'l1', 'linf']),
    nlist,
    code,
    normalized,
    front,
    refined,
    map,
    keyed,
    names: keyed ? 'keys' : map ? 'ids' : nlist > 0 && refined === undefined ? 'numbers' : 'positions',
    plain,
    description: map ? `${map},${plain}` : plain,
  };
}
