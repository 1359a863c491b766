/**
 * Node's permission model (`node --permission`): the addon opens files past Node's own checks, so that lib/ asks first.
 */

import { resolve } from 'node:path';
import { codedError } from './errors.js';

/** `process.permission`, kept from the beginning; undefined without the model, and in other runtimes. */
export const permission = (process as { permission?: { has(scope: string, reference: string): boolean } }).permission;

/**
 * Throws Node's own error if the process may not read or write there. As in Node, links are followed without asking
 * for what they point to, and a save asks for its target only, not for the temporary file beside it.
 */
export function checkPermission(scope: 'fs.read' | 'fs.write', path: string | Uint8Array): void {
  if (permission === undefined) return;
  const resource = typeof path === 'string' ? path : new TextDecoder().decode(path);
  if (permission.has(scope, resolve(resource))) return;
  const [kind, option] = scope === 'fs.read' ? ['FileSystemRead', 'read'] : ['FileSystemWrite', 'write'];
  const message = `Access to this API has been restricted. Use --allow-fs-${option} to manage permissions.`;
  throw Object.assign(codedError(Error, 'ERR_ACCESS_DENIED', message), { permission: kind, resource });
}
