/** An error that needs no stack trace: the caller asked for what cannot be, or an answer was wrong. */
export function expected(message) {
  return Object.assign(new Error(message), { expected: true });
}
