#!/usr/bin/env python3
"""Makes test/golden/langchain/: what LangChain for Python saves with FAISS.save_local(), index.faiss and index.pkl.

    python3 scripts/golden_langchain.py

Needs faiss and numpy, and no LangChain: the classes below bear the names of LangChain's (langchain-core 1, which makes Document
with pydantic 2; langchain-community 0.4) and pickle to the same state. documents.json says what was stored.
"""

import json
import pickle
import sys
import types
from pathlib import Path

import faiss
import numpy

FOLDER = Path(__file__).resolve().parent.parent / "test" / "golden" / "langchain"
DIMENSION = 8

DOCUMENTS = [
    ("0b1f1d9e-6e0f-4c0e-8d3b-000000000001", "a cell of a Voronoi diagram", {"source": "geometry.txt", "page": 1}),
    ("0b1f1d9e-6e0f-4c0e-8d3b-000000000002", "the nearest neighbour", {"source": "geometry.txt", "page": 2}),
    ("0b1f1d9e-6e0f-4c0e-8d3b-000000000003", "bread, butter and jam", {"source": "menü.txt", "tags": ["food", "été"]}),
    ("0b1f1d9e-6e0f-4c0e-8d3b-000000000004", "a loaf of rye bread", {"source": "menü.txt", "price": 4.5, "sold": None}),
    ("0b1f1d9e-6e0f-4c0e-8d3b-000000000005", "", {}),
]


def embed(text):
    """The same numbers as embed() of test/langchain/embeddings.mjs."""
    vector = [0] * DIMENSION
    for i, character in enumerate(text):
        vector[(i + ord(character)) % DIMENSION] += ord(character) % 11
    return vector


def named(module, name):
    """Gives a class the name under which pickle is to store it."""

    def rename(cls):
        cls.__module__, cls.__qualname__, cls.__name__ = module, name, name
        parts = module.split(".")
        for n in range(1, len(parts) + 1):  # pickle imports the parents too
            sys.modules[".".join(parts[:n])] = types.ModuleType(parts[n - 1])
        setattr(sys.modules[module], name, cls)
        return cls

    return rename


@named("langchain_core.documents.base", "Document")
class Document:
    def __init__(self, page_content, metadata):
        self.__dict__.update(id=None, metadata=metadata, page_content=page_content, type="Document")

    def __getstate__(self):  # as pydantic's
        return {
            "__dict__": self.__dict__,
            "__pydantic_extra__": None,
            "__pydantic_fields_set__": {"metadata", "page_content"},
            "__pydantic_private__": None,
        }


@named("langchain_community.docstore.in_memory", "InMemoryDocstore")
class InMemoryDocstore:
    def __init__(self, documents):
        self._dict = documents


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    index = faiss.IndexFlatL2(DIMENSION)
    index.add(numpy.array([embed(text) for _, text, _ in DOCUMENTS], dtype="float32"))
    faiss.write_index(index, str(FOLDER / "index.faiss"))

    docstore = InMemoryDocstore({key: Document(text, metadata) for key, text, metadata in DOCUMENTS})
    ids = dict(enumerate(key for key, _, _ in DOCUMENTS))
    (FOLDER / "index.pkl").write_bytes(pickle.dumps((docstore, ids), protocol=4))

    documents = [{"id": key, "pageContent": text, "metadata": metadata} for key, text, metadata in DOCUMENTS]
    (FOLDER / "documents.json").write_text(json.dumps(documents, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


main()
