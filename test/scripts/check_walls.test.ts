import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'voronode-walls-'));
  plant('native/index/flat.cc', '#include "index/flat.h"\n#include <vector>\n#include "storage/blocks.h"\n');
});

afterEach(() => rmSync(folder, { recursive: true }));

function plant(path: string, text: string): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function check(): { status: number | null; said: string } {
  const script = join(__dirname, '../../scripts/check-walls.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('check-walls', () => {
  it('takes no call and no short list for a long list of parameters', () => {
    plant('native/index/a.cc', 'int x = f(a, b, c, d, e, 1 + 2);\nfor (int i = 0; i < n; ++i) g(a, b, c, d, e, h);\n');
    plant(
      'native/index/b.cc',
      'std::map<int, std::tuple<int, int, int, int>> f(int a);  // f(int a, int b, int c, int d, int e, int g)\n',
    );
    plant('lib/a.ts', 'if (f(a, b, c, d, e, g)) {\n  h(a, "b: c", { c: 1 }, d ? e : f, (i) => i, j);\n}\n');
    expect(check()).toEqual({ status: 0, said: 'check-walls: 4 files keep the walls\n' });
  });

  it('lets an exception pass, but not grow, and not stay when it is smaller', () => {
    const allow = (most: number) => plant('scripts/walls/exceptions.json', `{ "lib/f": ${most} }`);
    plant('lib/a.ts', 'function f(a, b, c, d, e, g, h) {}\n');
    allow(7);
    expect(check().status).toBe(0);
    allow(6);
    expect(check().said).toContain('lib/a.ts:1 f has 7 parameters');
    allow(8);
    expect(check().said).toContain('allows lib/f 8 parameters; write 7');
  });

  it('fails a room that is too large, but for tests', () => {
    for (const room of ['native/io', 'native/test', 'test']) {
      for (let i = 0; i < 13; i++) plant(`${room}/${i}.h`, '\n'.repeat(400));
    }
    const { status, said } = check();
    expect(status).toBe(1);
    expect(said).toMatch(/^native\/io has 5200 lines; split the room by concept at 5000\ncheck-walls: 1 violations/);
  });

  it('takes a folder of lib for a room of its own', () => {
    for (const room of ['lib', 'lib/keys']) {
      for (let i = 0; i < 7; i++) plant(`${room}/${i}.ts`, '\n'.repeat(400));
    }
    expect(check().status).toBe(0);
    for (let i = 7; i < 13; i++) plant(`lib/keys/${i}.ts`, '\n'.repeat(400));
    expect(check().said).toMatch(/^lib\/keys has 5200 lines; split the room by concept at 5000\ncheck-walls: 1 viol/);
  });

  it('shows the rooms', () => {
    plant('native/index/b.cc', '\n'.repeat(7));
    const script = join(__dirname, '../../scripts/check-walls.mjs');
    const { stdout } = spawnSync(process.execPath, [script, '--rooms', folder], { encoding: 'utf8' });
    expect(stdout).toMatch(/native\/index\W+2\W+10\W+7\W/);
  });

  it('passes files that keep the walls', () => {
    plant('native/binding/addon.cc', '#include <napi.h>\n#include "io/index_io.h"\n');
    plant('native/test/main.cc', '#include <doctest/doctest.h>\n#include "test/random.h"\n#include "io/index_io.h"\n');
    plant('lib/loader.ts', "import { join } from 'node:path';\nrequire('../build/Release/voronode.node');\n");
    plant('examples/recommend.mjs', "import { Index } from 'voronode';\nimport { table } from './table.mjs';\n");
    plant(
      'lib/flat.ts',
      "/**\n * import { IndexFlat } from 'voronode';\n */\nimport { Index } from './index_base.js';\n",
    );
    plant('lib/keys/pack.ts', "import { native } from '../native.js';\n");
    expect(check()).toEqual({ status: 0, said: 'check-walls: 7 files keep the walls\n' });
  });

  it.each([
    ['native/storage/blocks.h', '#include "index/index.h"\n', 'storage may include base, kernels, storage'],
    ['native/kernels/dispatch.cc', '#include "base/error.h"\n', 'kernels may include kernels'],
    ['native/kernels/dispatch.cc', '#  include <vector>\n', 'kernels use no containers'],
    ['native/base/error.h', '#include "kernels/kernels.h"\n', 'base may include base'],
    ['native/base/error.h', '#include <fcntl.h>\n', 'base uses standard C++'],
    ['native/index/flat.h', '#include <fstream>\n', 'only io touches files'],
    ['native/codec/scalar_codec.h', '#include <fstream>\n', 'only io touches files'],
    ['native/transform/statistics.h', '#include "codec/row_codec.h"\n', 'transform may include base, kernels'],
    ['native/index/flat.h', '#include "flat_search.h"\n', 'index may include'],
    ['native/io/reader.cc', '#include <napi.h>\n', 'only binding speaks Node-API'],
    ['native/io/reader.cc', '#include <iostream>\n', 'the core prints nothing'],
    ['native/test/flat_test.cc', '#include "binding/addon.h"\n', 'test may include'],
    ['native/extra/x.cc', '\n', 'native/extra is not a room'],
    ['lib/flat.ts', "const addon = require('../build/Release/voronode.node');\n", 'only lib/loader.ts does'],
    ['lib/flat.ts', "import { run } from '../scripts/run.mjs';\n", 'reaches no other folder'],
    ['lib/keys/pack.ts', "import '../../scripts/run.mjs';\n", 'reaches no other folder'],
    ['lib/flat.ts', "import chalk from 'chalk';\n", 'lib has no dependencies'],
    ['lib/flat.ts', "/** Colours. */\nimport chalk from 'chalk';\n", 'lib has no dependencies'],
    ['examples/recommend.mjs', "import { Index } from '../dist/index.mjs';\n", 'reaches no other folder'],
    ['packages/faiss-node/index.js', "module.exports = require('../../dist/index.js');\n", 'reaches no other folder'],
    ['bench/flat.mjs', "const { Index } = await import('../lib/index.js');\n", 'reaches no other folder'],
    ['lib/long.ts', '\n'.repeat(401), 'has 401 lines'],
    [
      'native/io/a.h',
      'void f(int a, const float* b, size_t c = 0,\n  std::map<int, int> d, Listener*, T&& e);\n',
      ':1 f has 6',
    ],
    ['native/test/a.cc', 'auto f = [](int a, int b, int c, int d, int e, int g) {};\n', ':1 f has 6'],
    [
      'native/kernels/a.h',
      'int f(int a, int b, int c, int d, int e, int g, int h, int i, int j);\n',
      'f has 9 parameters',
    ],
    [
      'lib/a.ts',
      'interface A {\n  f(a: A, b?: B, c: C, d: D, e: E, g: G): void;\n}\n',
      'lib/a.ts:2 f has 6 parameters',
    ],
    ['scripts/a.mjs', 'export function f(a, b, { c }, d = [1, 2], e, ...g) {}\n', 'f has 6 parameters'],
    ['test/b.mjs', 'const f = async (a, b, c, d, e, g) => 1;\n', ':1 f has 6 parameters'],
    ['test/a.mjs', 'const f = (a, b, c, d, e, g) => 1;\n', ':1 f has 6 parameters'],
    ['scripts/walls/exceptions.json', '{ "lib/f": 7 }\n', 'allows lib/f 7 parameters; remove it'],
    ['package-lock.json', '{ "resolved": "https://example.org/a.tgz" }\n', 'records download addresses'],
  ])('fails a planted %s (%#)', (path, text, reason) => {
    plant(path, text);
    const { status, said } = check();
    expect(said).toContain(path);
    expect(said).toContain(reason);
    expect(said).toContain('check-walls: 1 violations');
    expect(status).toBe(1);
  });
});
