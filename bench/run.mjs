// The benchmarks. One file per question; every question imports the package as a user does.
//
//   npm run bench -- flat     how fast is exact search, against its rivals in the same run?
//   npm run bench -- same     does a search with sketches give the bits of one without?
//   npm run bench -- add      how fast are vectors taken in?
//   npm run bench -- memory   how much memory does taking them in need at most?
//   npm run bench -- ivf      how fast are inverted files, against Faiss's?
//   npm run bench -- items    how long does it take to find the nearest items of every item?
//   npm run bench -- serve    what do many callers at once get, and short searches beside long work?
//   npm run bench -- keys     what do strings for ids cost?
//   npm run bench -- start    how long does loading the package take, and how much memory?
//   npm run bench -- mapped   how long does opening a file take that is mapped, and what do processes share of it?
//   npm run bench -- before   is this build as fast as the one in the folder VORONODE_BEFORE?
//
// `npm run bench -- <question> --help` lists the options.
const questions = ['flat', 'same', 'add', 'memory', 'ivf', 'items', 'serve', 'keys', 'start', 'mapped', 'before'];

const [question, ...args] = process.argv.slice(2);
if (!questions.includes(question)) {
  console.error(`usage: npm run bench -- ${questions.join(' | ')} [options]`);
  process.exit(2);
}
const { main } = await import(`./${question}.mjs`);
try {
  process.exitCode = await main(args);
} catch (error) {
  console.error(error.expected ? `bench: ${error.message}` : error);
  process.exitCode = 1;
}
