/** Where the addon lies, for tests that load it in processes of their own. */

import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');
export const addonPath = process.env.VORONODE_BINARY || join(root, 'build', 'Release', 'voronode.node');
