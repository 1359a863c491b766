// The package on other systems and processors than this machine's, as far as emulators for them are installed
// (prebuild/runs.mjs): it finds its binary, loads it, and passes the functional test.
import { join } from 'node:path';
import { functional } from '../prebuild/functional.mjs';
import { runs } from '../prebuild/runs.mjs';
import { thisTarget } from '../prebuild/targets.mjs';
import { must, NotHere } from './outcome.mjs';
import { targets } from './pack.mjs';

const on = (target) => async (given) => {
  const app = given.project();
  await app.install(given.tarball);
  const installed = 'node_modules/voronode';
  if (!app.exists(`${installed}/prebuilds/${target}/voronode.node`))
    throw new NotHere('the tarball has no binary for it');
  const { possible, missing } = runs(target);
  if (possible.length === 0) throw new NotHere(missing.join('; '));
  const passed = possible.map((run) => {
    const { report, error } = functional(run, { package: join(app.folder, installed) });
    must(report, `${run.name}:\n${error}`);
    must(target.startsWith(`${report.platform}-${report.arch}`), `${run.name} is on ${report.platform} ${report.arch}`);
    return `${run.name}: ${report.target}`;
  });
  return [...passed, ...missing.map((reason) => `not run: ${reason}`)].join('; ');
};

export const emulatedChecks = targets
  .filter((target) => target !== thisTarget())
  .map((target) => ({ name: target, what: 'its binary, emulated', run: on(target) }));
