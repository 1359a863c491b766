// The headers that a build from source needs. Only the packed package has them, so that who installed it can build without
// a download.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.mjs';

const FROM = {
  'node-addon-api': ['napi.h', 'napi-inl.h', 'napi-inl.deprecated.h', 'LICENSE.md'],
  'node-api-headers/include': /\.h$/,
  'node-api-headers/def': /\.def$/, // what node.exe exports: for linking on Windows
  'node-api-headers': ['LICENSE'],
};

/** Copies them from the development packages into a folder, which it makes. */
export function addHeaders(folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, wanted] of Object.entries(FROM)) {
    const from = join(root, 'node_modules', name);
    const files = Array.isArray(wanted) ? wanted : readdirSync(from).filter((file) => wanted.test(file));
    for (const file of files) {
      // Both packages have a licence.
      const to = file.startsWith('LICENSE') ? `LICENSE.${name}` : file;
      copyFileSync(join(from, file), join(folder, to));
    }
  }
}
