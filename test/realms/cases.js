/**
 * What a program's tests say of voronode, in the realm in which jest or vitest runs them. Without imports, as each of the
 * two has its own way: realms.test.cjs (jest), realms.test.mjs (vitest).
 */
export default function cases(voronode, assert) {
  const { IndexFlatL2, IndexIDMap, IndexIVFFlat } = voronode;
  const rows = Float32Array.of(0, 0, 3, 4, 6, 8);
  const query = Float32Array.of(0, 0);
  const nan = Float32Array.of(NaN, 0);
  const flat = () => {
    const index = new IndexFlatL2(2);
    index.addSync(rows);
    return index;
  };
  const thrownBy = (call) => {
    try {
      call();
    } catch (error) {
      return error;
    }
  };

  describe('results', () => {
    test('labels are a BigInt64Array, distances a Float32Array', () => {
      const { labels, distances } = flat().searchSync(query, 2);
      expect(labels instanceof BigInt64Array).toBe(true);
      expect(labels).toBeInstanceOf(BigInt64Array);
      expect(distances).toBeInstanceOf(Float32Array);
    });

    test('labels and distances equal arrays that the test makes', async () => {
      const { labels, distances } = await flat().search(query, 2);
      expect(labels).toEqual(BigInt64Array.of(0n, 1n));
      expect(labels).toStrictEqual(BigInt64Array.of(0n, 1n));
      expect(distances).toEqual(Float32Array.of(0, 25));
    });

    test('assert.deepStrictEqual', () => {
      const { labels, distances } = flat().searchSync(query, 2);
      assert.deepStrictEqual(labels, BigInt64Array.of(0n, 1n));
      assert.deepStrictEqual(distances, Float32Array.of(0, 25));
    });

    test('rows equal objects that the test makes', () => {
      const expected = { labels: BigInt64Array.of(0n), distances: Float32Array.of(0) };
      expect(flat().searchSync(query, 1).row(0)).toEqual(expected);
      expect([...flat().searchSync(query, 1)]).toEqual([expected]);
    });

    test('the arrays of a range search', async () => {
      const { lims, labels, distances } = await flat().rangeSearch(query, 26);
      expect(lims).toStrictEqual(Float64Array.of(0, 2));
      expect(labels).toStrictEqual(BigInt64Array.of(0n, 1n));
      expect(distances).toStrictEqual(Float32Array.of(0, 25));
      expect(flat().rangeSearchSync(query, 26).lims).toBeInstanceOf(Float64Array);
    });

    test('reconstruct', async () => {
      expect(await flat().reconstruct(1)).toStrictEqual(Float32Array.of(3, 4));
    });

    test('serializeIndex', async () => {
      const bytes = await voronode.serializeIndex(flat());
      expect(bytes).toBeInstanceOf(Uint8Array);
      expect(voronode.serializeIndexSync(flat())).toStrictEqual(bytes);
      expect((await voronode.deserializeIndex(bytes)).ntotal).toBe(3);
    });

    test('the arrays of kmeans', async () => {
      const options = { minPointsPerCentroid: 1 };
      for (const found of [await voronode.kmeans(rows, 2, 3, options), voronode.kmeansSync(rows, 2, 3, options)]) {
        expect(found.centroids).toStrictEqual(rows);
        expect(found.assignments).toStrictEqual(Uint32Array.of(0, 1, 2));
        expect(found.objective).toStrictEqual(Float64Array.of(0));
      }
    });

    test('the arrays of an inverted file', async () => {
      const index = new IndexIVFFlat(2, 3);
      await index.train(rows, { minPointsPerCentroid: 1 });
      await index.add(rows);
      expect(await index.listSizes()).toStrictEqual(Float64Array.of(1, 1, 1));
    });

    test('matrix, threads, targets', () => {
      expect(voronode.matrix([[1], [2]])).toStrictEqual(Float32Array.of(1, 2));
      expect(voronode.simdTargets()).toBeInstanceOf(Array);
      expect(voronode.simdTargets()).toContain(voronode.simdTarget());
    });

    test('one row, objects, JSON', async () => {
      const row = await flat().searchOne(query, 1);
      expect(row).toStrictEqual({ labels: BigInt64Array.of(0n), distances: Float32Array.of(0) });
      const result = flat().searchSync(query, 2);
      expect(result.toArray()).toStrictEqual([
        [
          { id: 0n, distance: 0 },
          { id: 1n, distance: 25 },
        ],
      ]);
      expect(JSON.parse(JSON.stringify(result))).toStrictEqual([
        [
          { id: '0', distance: 0 },
          { id: '1', distance: 25 },
        ],
      ]);
      expect(JSON.parse(JSON.stringify(flat()))).toEqual({ kind: 'IndexFlatL2', d: 2, ntotal: 3, metric: 'l2' });
    });

    test('indexes are of their class, and equal themselves', () => {
      const index = flat();
      expect(index).toBeInstanceOf(voronode.Index);
      expect(index).toEqual(index);
      expect(voronode.default.IndexFlatL2).toBe(IndexFlatL2);
    });

    test('promises are promises', async () => {
      const promise = flat().search(query, 1);
      expect(promise).toBeInstanceOf(Promise);
      await expect(promise).resolves.toBeInstanceOf(voronode.SearchResult);
    });

    test('ids come as they were given', async () => {
      const index = new IndexIDMap(new IndexFlatL2(2));
      await index.addWithIds(rows, [10n, 20n, 2n ** 60n]);
      await index.removeIds(BigInt64Array.of(10n));
      expect((await index.search(query, 2)).labels).toEqual(BigInt64Array.of(20n, 2n ** 60n));
    });
  });

  describe('errors', () => {
    test('of the checks in JavaScript', () => {
      expect(() => flat().addSync([1, 2])).toThrow(TypeError);
      expect(() => flat().addSync(Float32Array.of(1))).toThrow(RangeError);
    });

    test('of the addon, thrown', async () => {
      expect(() => flat().addSync(nan)).toThrow(TypeError);
      await expect((async () => flat().reconstruct(99))()).rejects.toThrow(RangeError);
      expect(thrownBy(() => flat().addSync(nan))).toBeInstanceOf(Error);
    });

    test('of the addon, by promise', async () => {
      await expect(flat().add(nan)).rejects.toThrow(TypeError);
      await expect(flat().search(nan, 1)).rejects.toBeInstanceOf(TypeError);
      await expect(voronode.kmeans(nan, 2, 1)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    });

    test('of training', async () => {
      await expect(new IndexIVFFlat(2, 3).add(rows)).rejects.toThrow(Error);
      await expect(new IndexIVFFlat(2, 9).train(rows)).rejects.toThrow(TypeError);
      expect(() => new IndexIVFFlat(2, 3).searchSync(query, 1)).toThrow(Error);
    });

    test('of a closed index', () => {
      const index = flat();
      index.close();
      expect(() => index.ntotal).toThrow(Error);
      expect(thrownBy(() => index.ntotal).code).toBe('ERR_VORONODE_CLOSED');
    });

    test('of the file system', async () => {
      const facts = { code: 'ENOENT', syscall: 'open', path: '/no/such/file' };
      expect(() => voronode.readIndexSync('/no/such/file')).toThrow(Error);
      const error = await voronode.readIndex('/no/such/file').catch((thrown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject(facts);
      await expect(voronode.writeIndex(flat(), '/no/such/folder/file')).rejects.toThrow(/^ENOENT: /);
    });

    test('of broken bytes, and of descriptions', async () => {
      await expect(voronode.deserializeIndex(new Uint8Array(9))).rejects.toThrow(Error);
      expect(() => voronode.deserializeIndexSync(new Uint8Array(9))).toThrow(/^Corrupt index/);
      expect(() => voronode.indexFactory(2, 'Flut')).toThrow(TypeError);
    });

    test('name who waits', async () => {
      async function handler() {
        await voronode.readIndex('/no/such/file');
      }
      const { stack } = await handler().catch((thrown) => thrown);
      expect(stack).toMatch(/at (async )?handler /);
    });

    test("of a URL that is no file's", () => {
      expect(() => voronode.readIndexSync(new URL('https://example.com/x'))).toThrow(TypeError);
    });
  });

  describe("what is the caller's", () => {
    test('a URL', async () => {
      const path = '/no/such/file';
      await expect(voronode.readIndex(new URL(`file://${path}`))).rejects.toMatchObject({ code: 'ENOENT', path });
    });

    test('an AbortSignal', async () => {
      const controller = new AbortController();
      const searches = Array.from({ length: 12 }, () => flat().search(query, 1, { signal: controller.signal }));
      await Promise.all(searches);
      controller.abort();
      const error = await flat()
        .search(query, 1, { signal: controller.signal })
        .catch((thrown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
      expect(error.cause).toBe(controller.signal.reason);
    });

    test('what its progress throws', async () => {
      const mine = new TypeError('mine');
      const progress = () => {
        throw mine;
      };
      await expect(voronode.kmeans(new Float32Array(4000), 2, 3, { progress })).rejects.toBe(mine);
    });
  });
}
