// The same as CommonJS.
import voronode = require('voronode');

const index: voronode.Index = new voronode.IndexFlatL2(2);
index.addSync(Float32Array.of(0, 0, 1, 0));
const label: bigint | undefined = index.searchSync(Float32Array.of(0.75, 0), 1).labels[0];
if (label !== 1n) throw new Error(`found ${label}`);
console.log('types: found');
