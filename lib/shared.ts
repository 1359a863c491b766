/** One index in several worker threads: the tokens that go from one to the other. */

import { invalidType, invalidValue, unsupported } from './errors.js';
import type { Index } from './index_base.js';
import type { IndexKeyMap } from './keys/key_map.js';
import { adopt } from './kinds.js';
import { type NativeIndex, native } from './native.js';
import { checkNames } from './options.js';
import { checkBoolean, isArray } from './validate.js';

/** What `share` takes. */
export interface ShareOptions {
  /** Whether those who adopt it may search, reconstruct and save it only. Default: no. */
  readonly?: boolean | undefined;
}

/** What `share` gives, for `Index.fromShared`: a plain object that can be cloned. To be taken as it is. */
export interface SharedToken {
  /** Names the index, in this process and as long as it is shared. */
  readonly id: string;
  /** Names the copy of the addon that has it. */
  readonly copy: string;
  /** The process. */
  readonly pid: number;
  /** The class of the index. */
  readonly kind: string;
  /** Components per vector. */
  readonly d: number;
  /** Whether those who adopt it may not change it. */
  readonly readonly: boolean;
}

/** The types of its members. */
const MEMBERS = { id: 'string', copy: 'string', pid: 'number', kind: 'string', d: 'number', readonly: 'boolean' };

export function tokenOf(handle: NativeIndex, options: ShareOptions | undefined): SharedToken {
  checkNames(options, ['readonly'], 'share()');
  const chosen = options?.readonly ?? false;
  checkBoolean('options.readonly', chosen);
  const [id, readonly] = native.shareIndex(handle, chosen);
  return { id, copy: native.addonCopy(), pid: process.pid, kind: native.kind(handle), d: native.d(handle), readonly };
}

export function adoptShared(value: unknown): Index | IndexKeyMap {
  const { id, copy, pid } = checkToken(value);
  if (copy !== native.addonCopy()) throw unsupported(foreign(pid));
  return adopt(native.adoptIndex(copy, id));
}

/** Each member is read once: it may be a getter. */
function checkToken(value: unknown): SharedToken {
  if (value === null || typeof value !== 'object' || isArray(value)) {
    throw invalidType('token', 'what share() of an index returned', value);
  }
  const members = Object.entries(MEMBERS).map(([name, type]) => {
    const member = (value as Record<string, unknown>)[name];
    if (member === undefined)
      throw invalidValue(`The argument 'token' must be what share() returned: it has no ${name}`);
    if (typeof member !== type) throw invalidType(`token.${name}`, `of type ${type}`, member);
    return [name, member];
  });
  return Object.fromEntries(members) as SharedToken;
}

/** Why a token of another copy of the addon is of no use here, and what is. */
function foreign(pid: number): string {
  const remedy = 'writeIndex(index, path) there and readIndex(path) here';
  return pid === process.pid
    ? `This token is of another copy of voronode, or of another process: an index can be shared by the threads that load one copy (npm ls voronode shows them all); else ${remedy}`
    : `This token is of process ${pid}, and this is process ${process.pid}: an index can be shared by the threads of one process only; use ${remedy}`;
}
