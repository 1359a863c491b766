/** What must come of each value for each kind of argument: exact class, code and message. */

import { types } from 'node:util';

export type Expected = [name: string, code: string | undefined, message: RegExp];
/** What must come of a value; undefined: it is right. */
export type Rule = (value: unknown) => Expected | undefined;

/** The dimension of the indexes that get these values. */
export const D = 2;
const typeError = (message: RegExp): Expected => ['TypeError', 'ERR_INVALID_ARG_TYPE', message];
const valueError = (message: RegExp): Expected => ['TypeError', 'ERR_INVALID_ARG_VALUE', message];
const rangeError = (message: RegExp): Expected => ['RangeError', 'ERR_OUT_OF_RANGE', message];

function isAttached(array: Float32Array | BigInt64Array | Uint8Array): boolean {
  try {
    return array.keys() !== undefined;
  } catch {
    return false;
  }
}

export const vectors =
  (name: string): Rule =>
  (value) => {
    if (!types.isFloat32Array(value)) {
      return typeError(new RegExp(`^The "${name}" argument must be a Float32Array\\. Received `));
    }
    if (!isAttached(value)) return valueError(new RegExp(`^The argument '${name}' must not be detached`));
    if (value.length % D === 0) return undefined;
    const message = `^The length of "${name}" must be a multiple of d = 2. Received length ${value.length}, remainder 1$`;
    return ['RangeError', 'ERR_VORONODE_DIMENSION', new RegExp(message)];
  };

export const k: Rule = (value) => {
  if (typeof value !== 'number') return typeError(/^The "k" argument must be of type number\. Received /);
  if (Number.isInteger(value) && value >= 1 && value < 2 ** 31) return undefined;
  return rangeError(/^The value of "k" is out of range\. It must be an integer >= 1( && <= 2147483647)?\. Received \S/);
};

export const radius: Rule = (value) => {
  if (typeof value !== 'number') return typeError(/^The "radius" argument must be of type number\. Received /);
  return Number.isNaN(value)
    ? rangeError(/^The value of "radius" is out of range\. It must be a number\. Received NaN$/)
    : undefined;
};

export const optional =
  (rule: Rule): Rule =>
  (value) =>
    value === undefined ? undefined : rule(value);

export const options: Rule = optional((value) => {
  if (types.isProxy(value)) return undefined; // an object like any other, whose members are looked up
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return undefined;
  return typeError(/^The "options" argument must be of type object\. Received /);
});

export const signal: Rule = optional((value) =>
  types.isProxy(value)
    ? undefined
    : typeError(/^The "options\.signal" property must be an instance of AbortSignal\. Received /),
);

export const filter: Rule = optional(() =>
  typeError(/^The "options\.filter" property must be an instance of IDSelector\. Received /),
);

/** Of a synchronous search, which takes functions too. */
export const syncFilter: Rule = (value) => (typeof value === 'function' ? undefined : filter(value));

export const id: Rule = (value) => {
  if (typeof value === 'bigint') {
    if (value >= -(2n ** 63n) && value < 2n ** 63n) return undefined;
    return rangeError(
      /^The value of "id" is out of range\. It must be >= -\(2n \*\* 63n\) and < 2n \*\* 63n\. Received /,
    );
  }
  if (typeof value !== 'number') return typeError(/^The "id" argument must be of type bigint or number\. Received /);
  if (Number.isSafeInteger(value)) return undefined;
  const rule = Number.isInteger(value) ? 'a safe integer; pass larger ids as a bigint' : 'an integer';
  return rangeError(new RegExp(`^The value of "id" is out of range\\. It must be ${rule}\\. Received `));
};

export const ids =
  (n?: number): Rule =>
  (value) => {
    const list = !types.isProxy(value) && Array.isArray(value) ? (value as unknown[]) : undefined;
    if (list === undefined && !types.isBigInt64Array(value)) {
      return typeError(
        /^The "ids" argument must be a BigInt64Array or an array of bigint or safe-integer number\. Received /,
      );
    }
    if (types.isBigInt64Array(value) && !isAttached(value))
      return valueError(/^The argument 'ids' must not be detached/);
    const { length } = list ?? (value as BigInt64Array);
    if (n !== undefined && length !== n) {
      return rangeError(
        /^The value of "ids\.length" is out of range\. It must be 2, one id per vector\. Received \d+$/,
      );
    }
    if (list === undefined || length > 2) return undefined; // 2^32 - 1 holes: refused as such, or for want of memory
    if (Object.getOwnPropertyDescriptor(list, 0)?.get) return ['Error', undefined, /^a getter was run$/];
    const at = [...list].findIndex((one) => typeof one !== 'number' && typeof one !== 'bigint');
    if (at === -1) return undefined;
    return typeError(new RegExp(`^The "ids\\[${at}\\]" argument must be of type bigint or number\\. Received `));
  };

/** One id or a list of them. */
export const idOrIds: Rule = (value) => (value !== null && typeof value === 'object' ? ids()(value) : id(value));
