/** Telling the package's errors from others. */

import type { ErrorCode } from './errors.js';

/** All of them: the compiler sees to it. */
const CODES: Record<ErrorCode, true> = {
  ERR_INVALID_ARG_TYPE: true,
  ERR_INVALID_THIS: true,
  ERR_INVALID_RETURN_VALUE: true,
  ERR_INVALID_ARG_VALUE: true,
  ERR_OUT_OF_RANGE: true,
  ERR_VORONODE_DIMENSION: true,
  ERR_VORONODE_NOT_TRAINED: true,
  ERR_VORONODE_CLOSED: true,
  ERR_VORONODE_UNSUPPORTED: true,
  ERR_VORONODE_CORRUPT: true,
  ERR_VORONODE_NO_MEMORY: true,
  ERR_VORONODE_INTERNAL: true,
  ERR_ACCESS_DENIED: true,
  ABORT_ERR: true,
};

/** An error with one of this package's codes. */
export interface VoronodeError extends Error {
  /** Which mistake it was. */
  code: ErrorCode;
}

/**
 * Whether a value, as a rule what was caught, is an error with one of this package's codes; its `code` then has the type
 * `ErrorCode`. Some of these are Node's own (`ERR_OUT_OF_RANGE`, `ABORT_ERR`), which Node's functions give, too. Errors of the
 * file system (`ENOENT`, …) are none.
 *
 * @example
 * ```js
 * import { IndexFlatL2, isVoronodeError } from 'voronode';
 *
 * try {
 *   new IndexFlatL2(2).addSync(new Float32Array(3));
 * } catch (error) {
 *   if (!isVoronodeError(error)) throw error;
 *   console.log(error.code); // ERR_VORONODE_DIMENSION
 * }
 * ```
 */
export function isVoronodeError(error: unknown): error is VoronodeError {
  try {
    if (!(error instanceof Error) && Object.prototype.toString.call(error) !== '[object Error]') return false;
    const { code } = error as { code?: unknown };
    return typeof code === 'string' && Object.hasOwn(CODES, code);
  } catch {
    return false; // a proxy, or a getter that throws
  }
}
