/** An index that was written, and opened again. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

let folder;

/** One of few paths: often there is a file that is mapped. */
function somePath(random) {
  if (folder === undefined) {
    const log = process.env.VORONODE_DIFFERENTIAL_LOG; // in a folder that is removed also after a crash
    folder = mkdtempSync(join(log ? dirname(log) : tmpdir(), 'voronode-differential-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return join(folder, `${random.below(2)}.faiss`);
}

/** What opens a file: in memory, or mapped. */
function chooseOpening(random) {
  if (process.platform === 'win32' || random.oneIn(5)) return {};
  return { mmap: true, verify: random.any([true, false, undefined]) };
}

/** By a file: how it was written and opened. */
async function throughFile(subject) {
  const { voronode, random } = subject;
  const path = somePath(random);
  const mappable = random.any([true, true, false, undefined]);
  const opening = chooseOpening(random);
  if (random.oneIn(2)) {
    voronode.writeIndexSync(subject.index, path, { mappable });
    subject.index = voronode.readIndexSync(path, opening);
  } else {
    await voronode.writeIndex(subject.index, path, { mappable });
    subject.index = await voronode.readIndex(path, opening);
  }
  if (random.oneIn(2)) rmSync(path);
  const how = [mappable ? 'written for a mapping, ' : '', opening.mmap ? 'mapped' : 'read'].join('');
  if (subject.index.stats().bytes.mapped > 0) random.note(`${how}, rows stay in the file`);
  return how + (opening.verify ? ' and verified' : '');
}

/** By bytes, or by a file. Says how. */
export async function readBack(subject) {
  const { voronode, random } = subject;
  const before = subject.index;
  let how = 'read from bytes';
  if (random.oneIn(5)) subject.index = voronode.deserializeIndexSync(voronode.serializeIndexSync(before));
  else how = await throughFile(subject);
  if (random.oneIn(2)) before.close();
  return how;
}
