// A file that appears whole or not at all: written beside its target, flushed to the disk, then renamed over it.

import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Gives `write` a stream into a new file in the target's folder. When the promise of `write`, which ends the stream, resolves,
 * the file becomes the target; if anything fails, it is gone and the target is what it was.
 */
export async function writeWhole(target, write) {
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await write(createWriteStream(temporary, { flags: 'wx', flush: true }));
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
