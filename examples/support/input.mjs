// What the examples say when their input or their options are wrong: one sentence, no stack trace.

export class InputError extends Error {}

/** Runs an example. What a user can mend ends it with the message alone; anything else is a bug and keeps its stack. */
export async function run(main) {
  try {
    await main();
  } catch (error) {
    console.error(canBeMended(error) ? `error: ${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Wrong input, wrong options, a failed call to the system, a bad index file. */
function canBeMended(error) {
  return error instanceof InputError || /^ERR_(PARSE_ARGS|VORONODE)_/.test(error.code) || error.syscall !== undefined;
}

/** An integer >= 1 from the command line. */
export function countOption(name, text) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InputError(`--${name} must be an integer >= 1, not '${text}'`);
  }
  return value;
}
