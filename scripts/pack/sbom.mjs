// The package's bill of materials in CycloneDX's form: what of others it carries, although it depends on nothing. That are
// the Node-API headers, which are compiled into the binaries, and the C++ library that zig links into them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, root } from '../run.mjs';

/** Development packages whose files are in the package (headers.mjs). */
const CARRIED = ['node-addon-api', 'node-api-headers'];

/**
 * Writes it to a path.
 * @param {boolean} prebuilt whether the package has the binaries of prebuilds/, or one that this machine's compiler made
 */
export function writeSbom(path, prebuilt) {
  const [command, ...args] = npmCommand('sbom', '--sbom-format=cyclonedx', '--package-lock-only');
  const bom = JSON.parse(execFileSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 }));
  const components = bom.components.filter(({ name }) => CARRIED.includes(name)).map(carried);
  if (components.length !== CARRIED.length) throw new Error(`npm sbom does not name ${CARRIED.join(' and ')}`);
  if (prebuilt) components.push(...cxxLibraries());
  const own = bom.metadata.component;
  own.name = 'voronode'; // npm takes the folder's
  const dependencies = [
    { ref: own['bom-ref'], dependsOn: components.map((each) => each['bom-ref']) },
    ...components.map((each) => ({ ref: each['bom-ref'], dependsOn: [] })),
  ];
  writeFileSync(path, `${JSON.stringify({ ...bom, components, dependencies }, null, 2)}\n`);
}

/** npm calls it a development package; here it is a part. */
function carried(component) {
  const properties = component.properties.filter(({ name }) => name !== 'cdx:npm:package:development');
  return { ...component, scope: 'required', properties };
}

/** zig links the C++ library of its clang into a binary. */
function cxxLibraries() {
  const manifest = join(root, 'prebuilds/manifest.json');
  const binaries = existsSync(manifest) ? Object.values(JSON.parse(readFileSync(manifest, 'utf8'))) : [];
  const versions = new Set(binaries.map(({ compiler }) => /\(clang ([\d.]+)\)/.exec(compiler)?.[1]).filter(Boolean));
  return [...versions].map((version) => ({
    'bom-ref': `libc++@${version}`,
    type: 'library',
    name: 'libc++',
    version,
    scope: 'required',
    description: "LLVM's C++ library, linked into the binaries of prebuilds/",
    licenses: [{ expression: 'Apache-2.0 WITH LLVM-exception' }],
  }));
}
