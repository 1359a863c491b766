/** Reading and saving under Node's permission model, in a process of its own. */

import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IndexFlatL2, writeIndexSync } from '../../lib/index.js';
import { run } from '../program.js';

const index = new IndexFlatL2(2);

let folder = '';
beforeAll(() => {
  folder = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'voronode-permission-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const flag = ['--permission', '--experimental-permission'].find((name) =>
  process.allowedNodeEnvironmentFlags.has(name),
);
const missing = flag === undefined || !process.allowedNodeEnvironmentFlags.has('--allow-addons');

test.skipIf(missing)("Node's permission model is asked", async () => {
  for (const name of ['open', 'closed', 'closed/open']) fs.mkdirSync(join(folder, name));
  for (const name of ['open', 'closed']) writeIndexSync(index, join(folder, name, 'there.faiss'));
  const project = join(__dirname, '../..');
  const grants = [
    `--allow-fs-read=${project}/*`,
    `--allow-fs-read=${folder}/open/*`,
    `--allow-fs-write=${folder}/open/*`,
  ];
  const { code, stdout, stderr } = await run('io/permission.cjs', [folder], {
    node: [flag!, '--allow-addons', ...grants],
  });
  expect([code, stderr.replace(/^.*Warning: .*\n|^\(Use .*\n/gm, '')]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toEqual({ allowed: 5, denied: 22 });
  expect(fs.readdirSync(join(folder, 'closed')).sort()).toEqual(['open', 'there.faiss']);
});
