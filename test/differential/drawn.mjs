/** What is drawn how often in so many cases, which are small: node drawn.mjs <cases> <seed>. Prints it as JSON. */

import { runCase } from './run.mjs';

const [cases, seed] = process.argv.slice(2).map(Number);
const notes = new Map();
for (let i = 0; i < cases; i++) await runCase(seed + i, { rows: 150, queries: 2 }, notes);
console.log(JSON.stringify(Object.fromEntries([...notes].sort()), undefined, 2));
