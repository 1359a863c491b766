/** The examples as a user runs them: in a process of their own, on the compiled package. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IndexFlatL2, IndexIDMap, writeIndexSync } from '../lib/index.js';
import { run } from './program.js';
import { Random } from './random.js';

describe('recommend', () => {
  const recommend = (...args: string[]) => run('../examples/recommend.mjs', args);

  test('prints its tables, and the plain scan agrees', async () => {
    const { code, stdout, stderr } = await recommend();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Nearest to Debian Science Maintainers/m);
    expect(stdout).toMatch(/^ +30 +2\.9853 +node-define-property +javascript +Define property on an object$/m);
    expect(stdout).toMatch(/^Like python3-numpy/m);
    expect(stdout).toMatch(/^ +1 +0\.9619 +python3-scipy +python +scientific tools for Python 3$/m);
    expect(stdout).toMatch(/^Largest inner product with Debian Science Maintainers/m);
    expect(stdout).toMatch(/^ +1 +3\.0527 +libx11-6 +libs +X11 client-side library$/m);
    expect(stdout).toMatch(/against a plain scan .* agrees:\n +the tables: +50 of 50 places identical\n/);
    expect(stdout).toMatch(/all teams: +7,170 of 7,170 places identical\n/);
    expect(stdout).toMatch(/^In 64 lists +indexFactory\('IVF64,Flat'\)/m);
    expect(stdout).toMatch(/^ +64 +100\.0 % +[\d,]+$/m);
    expect(stdout).toMatch(/^ +\d+ +9[5-9]\.\d % +[\d,]+ +← enough$/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('takes a team, a package and k; descriptions keep their "::"', async () => {
    const { code, stdout } = await recommend('--team=debian perl group', '--package=Libcarp-Assert-perl', '--k=12');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Nearest to Debian Perl Group/m);
    expect(stdout).toMatch(/^ +6 +\S+ +libcarp-assert-perl +perl +Carp::Assert - executable comments for p…$/m);
    expect(stdout).toMatch(/^Like libcarp-assert-perl/m);
    expect(stdout).toMatch(/the tables: +32 of 32 places identical\n/);
  });

  test.each([
    [['--team', 'debian scince'], "there is no team 'debian scince'. Near it: Debian Science Team, "],
    [['--package', 'python-numpy'], "there is no package 'python-numpy'. Near it: python3-numpy, "],
    [['--package', 'codeblocks'], "the package 'codeblocks' has no embedding: only 4000 have one"],
    [['--team', '¿?'], "there is no team '¿?'."],
    [['--k', '0'], "--k must be an integer >= 1, not '0'"],
    [['--k', '1e3'], "--k must be an integer >= 1, not '1e3'"],
    [['--teams', 'x'], "Unknown option '--teams'"],
  ])('%j: says what is wrong', async (args, message) => {
    const { code, stderr } = await recommend(...args);
    expect(code).toBe(1);
    expect(stderr.split('\n')[0]).toContain(`error: ${message}`);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

describe('ivf', () => {
  const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('tunes an index, and draws the curve', async () => {
    const out = join(folder, 'curve.svg');
    const args = ['--n', '20000', '--d', '24', '--recall', '0.9', '--k', '5', '--out', out];
    const { code, stdout, stderr } = await run('../examples/ivf.mjs', args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ +train 128 lists; \d+ iterations made the error \d+ % smaller/m);
    const chosen = /^ +tune for a recall of 0\.9 among the 5 nearest: nprobe = (\d+)/m.exec(stdout)![1]!;
    expect(stdout).toMatch(new RegExp(`^ +${chosen} +0\\.9\\d\\d +[\\d,]+ +← enough$`, 'm'));
    expect(stdout).toMatch(/^ +128 +1\.000 +[\d,]+$/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    const svg = readFileSync(out, 'utf8');
    const points = stdout.match(/^ +\d+ +[01]\.\d{3} +[\d,]+/gm)!.length;
    expect(svg.match(/<circle /g)).toHaveLength(points);
    expect(svg).toMatch(/^<svg [^>]*>\n<title>20,000 × 24, IVF128,Flat, k = 5<\/title>/);
    expect(svg).toContain(`>${chosen}</text>`);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test.each([
    [['--recall', '2'], "--recall must be > 0 and <= 1, not '2'"],
    [['--n', '500'], '--n must be 10000 or more, not 500'],
  ])('%j: says what is wrong', async (args, message) => {
    const { code, stderr } = await run('../examples/ivf.mjs', args);
    expect(code).toBe(1);
    expect(stderr).toContain(`error: ${message}`);
  });
});

test('opentelemetry: a span in that of its request for each search, and histograms', async () => {
  const { code, stdout, stderr } = await run('../examples/opentelemetry.mjs');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^26 spans/m); // one add, 24 searches, one that fails
  expect(stdout).toMatch(/^ +voronode add +[\d.]+ ms +[\d.]+ ms +1 +products, IndexFlat$/m);
  expect(stdout.match(/^ +voronode search +request +[\d.]+ ms +[\d.]+ ms +\d+ +products, IndexFlat$/gm)).toHaveLength(
    3,
  );
  expect(stdout).toMatch(/^ +voronode search +request .* The value of "queries" must be finite\./m);
  for (const name of ['duration', 'queued']) {
    const histogram = (calls: number, of: string) =>
      expect(stdout).toMatch(new RegExp(`^ +voronode\\.${name} +${calls} +[\\d.]+ ms +${of}$`, 'm'));
    histogram(1, 'add');
    histogram(24, 'search');
    histogram(1, 'search, ERR_INVALID_ARG_VALUE');
  }
});

describe('the plain scan', () => {
  const d = 2;
  const items = { ids: BigInt64Array.of(7n, 8n, 9n), vectors: Float32Array.of(0, 0, 1, 0, 0, 1), d };
  const query = Float32Array.of(0, 0);
  const compareWith = async (labels: bigint[], distances: number[]) => {
    const scan = new URL('../examples/support/scan.mjs', import.meta.url).href;
    const { compare } = await import(/* @vite-ignore */ scan);
    return compare(
      'l2',
      { labels: BigInt64Array.from(labels), distances: Float32Array.from(distances) },
      query,
      items,
      3,
    );
  };

  test('counts identical places', async () => {
    expect(await compareWith([7n, 8n, 9n], [0, 1, 1])).toBe(3);
  });

  test.each([
    ['a wrong neighbour', [8n, 7n, 9n], [1, 0, 1], 'place 0 has id 8, the scan says 7'],
    ['a wrong distance', [7n, 8n, 9n], [0, 1.0001, 1], 'id 8 has distance 1.00010'],
    ['ties in the wrong order', [7n, 9n, 8n], [0, 1, 1], 'tie at place 2'],
    ['a missing neighbour', [7n, 8n], [0, 1], '2 results'],
    ['a neighbour found twice', [7n, 8n, 8n], [0, 1, 1], 'an id was found twice'],
    ['an unknown id', [7n, 8n, 6n], [0, 1, 1], 'place 2 has id 6, which is not among the items'],
  ])('finds %s', async (_, labels, distances, message) => {
    await expect(compareWith(labels, distances)).rejects.toThrow(`the index and the plain scan differ: ${message}`);
  });
});

describe('etl', () => {
  const D = 16;
  const N = 500;
  const SLOW = 400_000; // milliseconds: 100 000 queries under a sanitizer, beside other tests
  const random = new Random(1);
  const index = new IndexIDMap(new IndexFlatL2(D));
  let folder = '';
  const file = (name: string) => join(folder, name);
  const etl = (queries: string, out: string, options: string[] = [], node: string[] = []) =>
    run('../examples/etl.mjs', ['--index', file('index'), '--queries', file(queries), '--out', file(out), ...options], {
      node,
      milliseconds: SLOW,
    });
  const csv = (rows: [bigint, Iterable<number>][]) =>
    ['id,features', ...rows.map(([id, features]) => `${id},"[${[...features].join(', ')}]"`), ''].join('\n');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'voronode-'));
    index.addWithIdsSync(random.floats(N * D), random.ids(N));
    writeIndexSync(index, file('index'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  interface Line {
    id: bigint;
    labels: bigint[];
    distances: number[];
  }
  /** Digit for digit, which JSON.parse would not be. */
  const parseLine = (line: string): Line => {
    const [, id, labels, distances] = /^\{"id":(-?\d+),"labels":\[([-\d,]*)\],"distances":\[(.*)\]\}$/.exec(line)!;
    return { id: BigInt(id!), labels: labels!.split(',').map(BigInt), distances: distances!.split(',').map(Number) };
  };

  test(
    '100 000 queries through a heap smaller than their file, ids digit for digit',
    async () => {
      const rows = 100_000;
      const k = 3;
      const queries = random.floats(rows * D);
      const ids = Array.from({ length: rows }, () => random.id());
      expect(ids.some((id) => id > 2n ** 53n) && ids.some((id) => id < -(2n ** 53n))).toBe(true);
      const text = csv(ids.map((id, i) => [id, queries.subarray(i * D, (i + 1) * D)]));
      writeFileSync(file('large.csv'), text);
      expect(text.length).toBeGreaterThan(24 * 2 ** 20);

      const { code, stdout, stderr } = await etl(
        'large.csv',
        'large.jsonl',
        ['--k', `${k}`],
        ['--max-old-space-size=24'],
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('large.jsonl: 100,000 lines from 100 searches');

      const lines = readFileSync(file('large.jsonl'), 'utf8').split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.length).toBe(rows);
      const expected = index.searchSync(queries, k);
      const found = lines.map(parseLine);
      expect(found.every(({ id }, i) => id === ids[i])).toBe(true);
      expect(BigInt64Array.from(found.flatMap(({ labels }) => labels))).toEqual(expected.labels);
      expect(Float32Array.from(found.flatMap(({ distances }) => distances))).toEqual(expected.distances);
      expect(readdirSync(folder).sort()).toEqual(['index', 'large.csv', 'large.jsonl']);
    },
    SLOW,
  );

  test('--ids-as-strings, a last batch that is not full, fewer neighbours than k, CRLF and a byte order mark', async () => {
    const ids = [2n ** 63n - 1n, -(2n ** 63n), 5n];
    const queries = random.floats(ids.length * D);
    const text = csv(ids.map((id, i) => [id, queries.subarray(i * D, (i + 1) * D)]));
    writeFileSync(file('odd.csv'), `\ufeff${text.replaceAll('\n', '\r\n')}`);
    const { code, stdout } = await etl('odd.csv', 'odd.jsonl', ['--k', `${N + 1}`, '--batch', '2', '--ids-as-strings']);
    expect(code).toBe(0);
    expect(stdout).toContain('3 lines from 2 searches');
    const lines = readFileSync(file('odd.jsonl'), 'utf8').trim().split('\n');
    const expected = index.searchSync(queries, N);
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      ids.map((id, i) => ({
        id: `${id}`,
        labels: [...expected.row(i).labels].map(String),
        distances: [...expected.row(i).distances],
      })),
    );
  });

  test('features as Python prints them, over several lines', async () => {
    const printed =
      '[-1.5 2. 3.0e-05 1.e+01\n  ' +
      Array(D - 4)
        .fill('0.25')
        .join(' ') +
      ']';
    const query = Float32Array.of(-1.5, 2, 3e-5, 10, ...Array(D - 4).fill(0.25));
    writeFileSync(file('printed.csv'), `id,features\n7,"${printed}"\n8,"${printed.replaceAll(' ', '\n')}"\n`);
    const { code, stderr } = await etl('printed.csv', 'printed.jsonl', ['--k', '3']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = readFileSync(file('printed.jsonl'), 'utf8').trim().split('\n').map(parseLine);
    const { labels, distances } = index.searchSync(query, 3).row(0);
    const expected = { labels: [...labels], distances: [...distances] };
    expect(lines).toEqual([7n, 8n].map((id) => ({ id, ...expected })));
  });

  test('a header alone gives an empty file', async () => {
    writeFileSync(file('none.csv'), 'id,features\n');
    expect((await etl('none.csv', 'none.jsonl')).code).toBe(0);
    expect(readFileSync(file('none.jsonl'), 'utf8')).toBe('');
  });

  const good = `1,"[${Array(D).fill(0)}]"`;
  test.each([
    ['2,"[1, 2]"', `line 3: expected ${D} features, found 2`],
    ['x,"[1]"', "line 3: expected an id within int64, found 'x'"],
    ['9223372036854775808,"[1]"', "line 3: expected an id within int64, found '9223372036854775808'"],
    ['2,"{}"', 'line 3: the features are not a JSON array'],
    ['2,"[1, 2"', 'line 3: the features are not a JSON array'],
    [`2,"[${Array(D).fill('null')}]"`, 'line 3: feature 0 is not a finite float32 number: null'],
    [`2,"[${[...Array(D - 1).fill(0), '1e39']}]"`, 'line 3: feature 15 is not a finite float32 number: 1e+39'],
    ['2,[1,2]', 'line 3: expected 2 fields, found 3; is the array in quotes?'],
    ['2', 'line 3: expected 2 fields, found 1'],
    ['2,"[1', 'Quote Not Closed: the parsing is finished with an opening quote at line 3'],
    ['2,[1 "2"]', 'line 3: Invalid Opening Quote: a quote is found on field "features" at line 3'],
    ['{"id": 2, "features": [1]}', 'line 3: this is JSON, not CSV; expected a header with the columns id and features'],
    ['2,"[0.1 0.2 ... 0.3\n 0.4]"', 'line 3: Python has shortened the array to "..."; write vector.tolist()'],
    ['2,"[0.1, 0.2, ..., 0.3]"', 'line 3: Python has shortened the array to "..."'],
    ['2,"[0.1 nan\n 0.3]"', `line 3: expected ${D} features, found 3`],
    [`2,"[${Array(D).fill('nan').join('\n')}]"`, 'line 3: feature 0 is not a finite float32 number: "nan"'],
  ])('the row %j: an error that names the line, and the output is what it was', async (row, message) => {
    writeFileSync(file('bad.csv'), `id,features\n${good}\n${row}\n`);
    writeFileSync(file('old.jsonl'), 'old\n');
    const before = readdirSync(folder);
    const { code, stdout, stderr } = await etl('bad.csv', 'old.jsonl', ['--batch', '1']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: bad\.csv, line \d+: /);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(readFileSync(file('old.jsonl'), 'utf8')).toBe('old\n');
    expect(readdirSync(folder)).toEqual(before);
  });

  test.each([
    ['', 'bad.csv, line 1: expected a header with the columns id and features, found nothing'],
    [`${good}\n`, 'bad.csv, line 1: expected a header with the columns id and features, found 1,['],
  ])('%j has no header', async (text, message) => {
    writeFileSync(file('bad.csv'), text);
    const { code, stderr } = await etl('bad.csv', 'new.jsonl');
    expect(code).toBe(1);
    expect(stderr).toContain(`error: ${message}`);
    expect(readdirSync(folder)).not.toContain('new.jsonl');
  });

  test('missing files and options', async () => {
    expect((await etl('missing.csv', 'new.jsonl')).stderr).toMatch(/^error: ENOENT: .*missing\.csv'\n$/);
    expect((await etl('bad.csv', 'no/folder.jsonl')).stderr).toMatch(/^error: ENOENT: /);
    expect((await run('../examples/etl.mjs', ['--index', file('index')])).stderr).toBe(
      'error: --index, --queries and --out go together\n',
    );
  });

  test('runs as it stands', async () => {
    const { code, stdout } = await run('../examples/etl.mjs');
    expect(code).toBe(0);
    expect(stdout).toMatch(/teams\.jsonl: 239 lines from 1 searches; peak memory \d+ MiB\n\{"id":10,"labels":\[98180,/);
  });
});
