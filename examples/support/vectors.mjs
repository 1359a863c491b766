// Vectors from CSV in a common shape: a header with `id` and `features`, then a vector a row, its features as a JSON array.
//
//   id,features
//   90,"[-0.529317, -0.320333, -0.127946]"

import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
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
      const id = parseId(record.id) ?? fail(info.lines, `expected an id within int64, found '${record.id}'`);
      const features = parseFeatures(record.features) ?? fail(info.lines, 'the features are not a JSON array');
      d ??= features.length;
      if (features.length !== d) fail(info.lines, `expected ${d} features, found ${features.length}`);
      const bad = features.findIndex((x) => typeof x !== 'number' || !Number.isFinite(Math.fround(x)));
      if (bad !== -1)
        fail(info.lines, `feature ${bad} is not a finite float32 number: ${JSON.stringify(features[bad])}`);
      yield { id, features };
    }
  } catch (error) {
    if (error.code === 'CSV_RECORD_INCONSISTENT_COLUMNS') {
      fail(
        error.lines,
        `expected ${error.columns.length} fields, found ${error.record.length}; is the array in quotes?`,
      );
    }
    throw error.code?.startsWith('CSV_') ? new InputError(`${basename(path)}: ${error.message}`) : error;
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

function parseFeatures(text) {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
