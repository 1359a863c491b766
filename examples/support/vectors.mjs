// Vectors from CSV in a common shape: a header with `id` and `features`, then a vector a row, its features as a JSON array, or as
// Python prints an array of NumPy, with spaces and over several lines.
//
//   id,features
//   90,"[-0.529317, -0.320333, -0.127946]"
//   91,"[-0.529317 -0.320333
//    -0.127946]"

import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { matrix } from 'voronode';
import { InputError } from './input.mjs';

/** A row with a million components takes some 12 MB. Without a limit one unclosed quote would read all the rest into memory. */
const MAX_ROW_CHARACTERS = 2 ** 25;

/**
 * The rows of a file of any size, one at a time: `{ id, features }`, a bigint within int64 and d finite numbers. d: how many
 * there must be, or undefined: as many as in the first row.
 * @throws InputError with the file's name and the line
 */
export async function* vectorRows(path, d) {
  const fail = (line, message) => {
    throw new InputError(`${basename(path)}, line ${line}: ${message}`);
  };
  let header = false;
  const columns = (names) => {
    header = true;
    for (const name of ['id', 'features']) {
      if (!names.includes(name)) fail(1, `expected a header with the columns id and features, found ${names.join()}`);
    }
    return names;
  };
  const csv = parse({ bom: true, columns, info: true, skip_empty_lines: true, max_record_size: MAX_ROW_CHARACTERS });
  try {
    // An error anywhere in the pipeline also ends the loop.
    for await (const { info, record } of pipeline(createReadStream(path), csv, () => {})) {
      const line = info.lines - (record.features.match(/\n/g)?.length ?? 0); // the row's first
      const id = parseId(record.id) ?? fail(line, `expected an id within int64, found '${record.id}'`);
      const features = parseFeatures(record.features, (message) => fail(line, message));
      d ??= features.length;
      if (features.length !== d) fail(line, `expected ${d} features, found ${features.length}`);
      const bad = features.findIndex((x) => typeof x !== 'number' || !Number.isFinite(Math.fround(x)));
      if (bad !== -1) fail(line, `feature ${bad} is not a finite float32 number: ${JSON.stringify(features[bad])}`);
      yield { id, features };
    }
  } catch (error) {
    if (error instanceof CsvError) fail(error.lines, reasonOf(error));
    throw error;
  }
  if (!header) fail(1, 'expected a header with the columns id and features, found nothing');
}

/** All of a file: ids of size n, vectors n × d, row-major. */
export async function readVectors(path) {
  const ids = [];
  const rows = [];
  for await (const { id, features } of vectorRows(path)) {
    ids.push(id);
    rows.push(features);
  }
  return { ids: BigInt64Array.from(ids), vectors: matrix(rows), d: rows[0]?.length ?? 0 };
}

/** Decimal digits as a bigint: Number would round beyond 2^53. */
function parseId(text) {
  if (!/^-?\d+$/.test(text)) return undefined;
  const id = BigInt(text);
  return BigInt.asIntN(64, id) === id ? id : undefined;
}

/** @param {(message: string) => never} fail */
function parseFeatures(text, fail) {
  if (/^\s*\[.*\.\.\..*\]\s*$/s.test(text)) {
    fail(
      'Python has shortened the array to "..."; write vector.tolist(), or numpy.set_printoptions(threshold=sys.maxsize)',
    );
  }
  const [, printed] = /^\s*\[([^[\],"]*)\]\s*$/.exec(text) ?? [];
  try {
    const value = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    if (printed !== undefined) return printed.trim().split(/\s+/).map(parsePrinted);
  }
  return fail('the features are not a JSON array');
}

/** A number as NumPy prints it: '1.', '-2.5e-05'. What is none stays as it is, for the message. */
function parsePrinted(text) {
  const value = Number(text);
  return Number.isNaN(value) ? text : value;
}

/** What is wrong with the CSV itself. */
function reasonOf(error) {
  if (error.code === 'CSV_RECORD_INCONSISTENT_COLUMNS') {
    return `expected ${error.columns.length} fields, found ${error.record.length}; is the array in quotes?`;
  }
  // Of some errors csv-parse leaves the prefix of the code out.
  if (/INVALID_OPENING_QUOTE$/.test(error.code) && error.index === 0 && /^\s*[{[]/.test(error.field)) {
    return 'this is JSON, not CSV; expected a header with the columns id and features, then id,"[…]" for each vector';
  }
  return error.message;
}
