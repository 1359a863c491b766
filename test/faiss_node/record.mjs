// Records what faiss-node itself answers to the cases: test/golden/faiss_node.json.
//
//   node test/faiss_node/record.mjs FOLDER [REMARK]     FOLDER: where the package is installed; REMARK: on how it was built
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { outcomes } from './cases.mjs';

const [, , path, remark] = process.argv;
const where = resolve(path);
const require = createRequire(import.meta.url);
const { name, version } = require(join(where, 'package.json'));
const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
const record = {
  recorded: [name, version, remark].filter(Boolean).join(' '),
  outcomes: outcomes(require(where), folder),
};
rmSync(folder, { recursive: true });
writeFileSync(new URL('../golden/faiss_node.json', import.meta.url), `${JSON.stringify(record, null, 1)}\n`);
