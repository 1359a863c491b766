// What no check here can run, so that the summary says so.
import { NotHere } from './outcome.mjs';

const elsewhere = (name, what, reason) => ({
  name,
  what,
  run: async () => {
    throw new NotHere(reason);
  },
});

export const elsewhereChecks = [
  elsewhere('electron', 'Electron', 'its program is downloaded from GitHub when it is installed'),
  elsewhere('lambda', 'AWS Lambda', 'a service of Amazon'),
];
