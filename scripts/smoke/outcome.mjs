// How a check ends besides well: it fails by throwing an Error, or it cannot be run.

/** The check cannot be run on this machine; no failure. */
export class NotHere extends Error {}

/** What the check needs could not be installed from npm: a failure in CI; a developer's machine may be offline. */
export function notInstalled(name) {
  const message = `npm could not install ${name}`;
  return process.env.CI ? new Error(message) : new NotHere(message);
}

/** Throws unless the condition holds. */
export function must(condition, message) {
  if (!condition) throw new Error(message);
}

/** Throws unless the text has a line that begins so: a program that ended well without doing its work has not. */
export function mustPrint(text, line) {
  must(
    text.split(/\r?\n/).some((each) => each.startsWith(line)),
    `"${line}" was not printed, but:\n${text}`,
  );
}
