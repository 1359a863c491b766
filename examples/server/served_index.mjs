// The index that is served: read from a file, replaced while it is searched, and saved if it was changed.

import { readIndex, writeIndex } from 'voronode';

export class ServedIndex {
  #path;
  #index;
  #unsaved = false;
  #changes = Promise.resolve();

  static async open(path) {
    const served = new ServedIndex();
    served.#path = path;
    served.#index = await readIndex(path);
    return served;
  }

  get facts() {
    const { d, ntotal } = this.#index;
    return { d, ntotal, bytes: this.#index.stats().bytes.total };
  }

  /** @returns {Promise<{ id: string, distance: number }[]>} ids as strings, since JSON has no bigint */
  async search(vector, k, options) {
    const { labels, distances } = await this.#index.searchOne(Float32Array.from(vector), k, options);
    return Array.from(labels, (id, i) => ({ id: String(id), distance: distances[i] }));
  }

  /** Whether it came in the place of one with the same id. */
  put(id, vector) {
    return this.#change(async () => {
      const replaced = await this.#index.upsert(Float32Array.from(vector), [id]);
      this.#unsaved = true;
      return replaced > 0;
    });
  }

  /**
   * Puts what the file holds now in the place of the index. Both are in memory for a moment. Searches under way finish on the
   * old one: close() lets go of it with the last of them, and nobody calls it any more, as each call above takes the reference
   * and searches in one go, with no `await` in between.
   */
  reload() {
    return this.#change(async () => {
      if (this.#unsaved) throw conflict('there are vectors that are not in the file yet');
      const fresh = await readIndex(this.#path);
      const old = this.#index;
      if (fresh.d !== old.d || fresh.metric !== old.metric) {
        close(fresh);
        throw conflict('the index in the file has another dimension or metric');
      }
      this.#index = fresh;
      close(old);
    });
  }

  /** After the last request. Saving is atomic: the file that was there is whole until the new one is. */
  close() {
    return this.#change(async () => {
      if (this.#unsaved) await writeIndex(this.#index, this.#path);
      close(this.#index);
    });
  }

  /** One change after the other; searches go on beside them. */
  #change(work) {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined);
    return done;
  }
}

function conflict(message) {
  return Object.assign(new Error(message), { statusCode: 409 });
}

/** With those inside: each has a handle of its own, which holds the vectors. */
function close(index) {
  for (let one = index; one !== undefined; one = one.index ?? one.baseIndex) one.close();
}
