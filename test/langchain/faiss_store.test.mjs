// LangChain's FaissStore as it is published, with @voronode/faiss-node installed as faiss-node. Run by scripts/langchain.mjs, which
// installs the packages and copies these files beside them.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FaissStore } from '@langchain/community/vectorstores/faiss';
import { IndexFlatL2 } from 'faiss-node';
import { embed, FakeEmbeddings, nearest } from './embeddings.mjs';

const embeddings = new FakeEmbeddings();
const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
after(() => rmSync(folder, { recursive: true }));

const books = ['The Voyage of the Beagle', 'Moby-Dick', 'Walden', 'Middlemarch', 'Emma', 'Dracula', 'Persuasion'];
const plays = ['Hamlet', 'Faust', 'Woyzeck', 'Peer Gynt'];
const queries = ['Voyage', 'Emma', 'whales and the sea', 'H'];

const store = (texts) =>
  FaissStore.fromTexts(
    texts,
    texts.map((title, i) => ({ title, i })),
    embeddings,
  );

/** That the store answers as if it held these texts, in this order. */
async function assertHolds(found, texts) {
  assert.equal(found.index.ntotal(), texts.length);
  for (const query of queries) {
    for (const k of [1, 3, texts.length]) {
      const expected = nearest(texts, query, Math.min(k, texts.length));
      const scored = await found.similaritySearchWithScore(query, k);
      assert.deepEqual(
        scored.map(([document, score]) => [document.pageContent, score]),
        expected,
      );
      const documents = await found.similaritySearch(query, k);
      assert.deepEqual(
        documents.map(({ pageContent }) => pageContent),
        expected.map(([text]) => text),
      );
    }
  }
}

/** The id under which the store keeps a text. */
const idOf = (found, text) =>
  Object.values(found.getMapping()).find((id) => found.getDocstore().search(id).pageContent === text);

test('fromTexts, search and search with scores', async () => {
  const found = await store(books);
  assert.ok(found.index instanceof IndexFlatL2);
  await assertHolds(found, books);
  const [document] = await found.similaritySearch('Moby-Dick', 1);
  assert.deepEqual(document.metadata, { title: 'Moby-Dick', i: 1 });
  assert.deepEqual(await found.similaritySearchVectorWithScore(embed('Emma'), 1), [
    [(await found.similaritySearch('Emma', 1))[0], 0],
  ]);
});

test('more neighbours than documents', async (t) => {
  const warned = t.mock.method(console, 'warn', () => undefined);
  const found = await store(plays);
  const all = await found.similaritySearch('Faust', 10);
  assert.equal(all.length, 4);
  assert.match(warned.mock.calls[0].arguments[0], /setting k to 4/);
});

test('addDocuments, as a retriever', async () => {
  const found = await store(books);
  const ids = await found.addDocuments(
    plays.map((pageContent) => ({ pageContent, metadata: {} })),
    { ids: plays },
  );
  assert.deepEqual(ids, plays);
  await assertHolds(found, [...books, ...plays]);
  const [hamlet] = await found.asRetriever(1).invoke('Hamlet');
  assert.equal(hamlet.pageContent, 'Hamlet');
});

test('delete', async () => {
  const found = await store(books);
  await found.delete({ ids: [idOf(found, 'Walden'), idOf(found, 'The Voyage of the Beagle')] });
  await assertHolds(found, ['Moby-Dick', 'Middlemarch', 'Emma', 'Dracula', 'Persuasion']);
  await assert.rejects(found.delete({ ids: ['nothing'] }), /do not exist/);
  await found.delete({ ids: [idOf(found, 'Persuasion')] });
  await found.addDocuments([{ pageContent: 'Faust', metadata: {} }]);
  await assertHolds(found, ['Moby-Dick', 'Middlemarch', 'Emma', 'Dracula', 'Faust']);
});

test('save and load', async () => {
  const found = await store(books);
  const directory = join(folder, 'saved', 'books');
  await found.save(directory);
  const loaded = await FaissStore.load(directory, embeddings);
  await assertHolds(loaded, books);
  const [document] = await loaded.similaritySearch('Emma', 1);
  assert.deepEqual(document.metadata, { title: 'Emma', i: 4 });
  await loaded.delete({ ids: [idOf(loaded, 'Emma')] });
  await loaded.save(directory);
  await assertHolds(
    await FaissStore.load(directory, embeddings),
    books.filter((title) => title !== 'Emma'),
  );
  await assert.rejects(FaissStore.load(join(folder, 'missing'), embeddings), /no such file or directory/i);
});

test('mergeFrom and fromIndex', async () => {
  const [into, from] = [await store(books), await store(plays)];
  const ids = Object.values(from.getMapping());
  assert.deepEqual(await into.mergeFrom(from), ids);
  await assertHolds(into, [...books, ...plays]);
  assert.equal(from.index.ntotal(), 0);
  await assertHolds(await FaissStore.fromIndex(into, embeddings), [...books, ...plays]);
});

test('loadFromPython', async () => {
  const directory = join(import.meta.dirname, 'golden');
  const documents = JSON.parse(readFileSync(join(directory, 'documents.json'), 'utf8'));
  const loaded = await FaissStore.loadFromPython(directory, embeddings);
  const texts = documents.map(({ pageContent }) => pageContent);
  await assertHolds(loaded, texts);
  for (const { id, pageContent, metadata } of documents) {
    const [document] = await loaded.similaritySearch(pageContent, 1);
    assert.equal(idOf(loaded, pageContent), id);
    assert.deepEqual(document.metadata, metadata);
  }
  await loaded.delete({ ids: [documents[1].id] });
  await assertHolds(
    loaded,
    texts.filter((_, i) => i !== 1),
  );
});

test('the CommonJS build of LangChain', async () => {
  const { FaissStore: Required } = createRequire(import.meta.url)('@langchain/community/vectorstores/faiss');
  assert.notEqual(Required, FaissStore);
  const found = await Required.fromTexts(plays, {}, embeddings);
  await assertHolds(found, plays);
});
