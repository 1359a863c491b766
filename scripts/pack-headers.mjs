// Copies the headers that a build from source needs into headers/, which only the packed package has, and removes them:
//
//   node scripts/pack-headers.mjs [--remove]
//
// npm calls it around `npm pack` (prepack, postpack). So who installed the package can build without a download.
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

const FROM = {
  'node-addon-api': ['napi.h', 'napi-inl.h', 'napi-inl.deprecated.h', 'LICENSE.md'],
  'node-api-headers/include': /\.h$/,
  'node-api-headers/def': /\.def$/, // what node.exe exports: for linking on Windows
  'node-api-headers': ['LICENSE'],
};

const headers = join(root, 'headers');
rmSync(headers, { recursive: true, force: true });
if (process.argv[2] !== '--remove') {
  mkdirSync(headers);
  for (const [folder, wanted] of Object.entries(FROM)) {
    const from = join(root, 'node_modules', folder);
    const names = Array.isArray(wanted) ? wanted : readdirSync(from).filter((name) => wanted.test(name));
    for (const name of names) {
      // Both packages have a licence.
      const to = name.startsWith('LICENSE') ? `LICENSE.${folder}` : name;
      copyFileSync(join(from, name), join(headers, to));
    }
  }
}
