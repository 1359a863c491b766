// Saves as another user, who may write the file but not its folder: `node in_place.cjs <file>`, as root. Prints what each way gave.
const { IndexFlatL2, writeIndexSync } = require('../../dist/index.js');

const index = new IndexFlatL2(2);
index.addSync(Float32Array.of(1, 2, 3, 4, 5, 6));
process.setgroups([]);
process.setegid(65534);
process.seteuid(65534);
for (const atomic of [true, false]) {
  try {
    writeIndexSync(index, process.argv[2], { atomic });
    console.log('saved');
  } catch (error) {
    console.log(error.message);
  }
}
