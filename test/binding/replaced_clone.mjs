/**
 * Gives arrays away after a script has put a function of its own in the place of structuredClone (argument 1). Each call must be
 * answered right, or fail with a code and leave the array. Prints what is wrong, or that nothing is.
 */

const real = globalThis.structuredClone;
const kept = [];
globalThis.structuredClone = {
  copies: (value) => real(value),
  throws: () => {
    throw new Error('no');
  },
  'answers nonsense': () => 7,
  'keeps what it makes': (...args) => {
    kept.push(real(...args));
    return kept.at(-1);
  },
  'is none': undefined,
}[process.argv[2]];

const { components, native } = await import('../lifecycle/programs/addon.mjs');
const D = 8;
const index = native.flat(D, 1, true);
native.addSync(index, components(100 * D));
const query = () => components(3 * D);
const expected = native.searchSync(index, query(), 5, undefined).labels.join();
const codes = ['ERR_INVALID_ARG_VALUE', 'ERR_VORONODE_UNSUPPORTED'];
let fine = true;
for (let i = 0; i < 20; i++) {
  const queries = query();
  try {
    const { labels } = await native.search(index, queries, 5, undefined, undefined, native.token(false, true));
    fine &&= labels.join() === expected && queries.length === 0;
  } catch (error) {
    fine &&= codes.includes(error.code) && queries.length === 3 * D;
    if (!fine) console.log(error);
  }
}
console.log(fine ? 'answered or refused' : 'wrong');
