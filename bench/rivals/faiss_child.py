"""Faiss's side of the benchmark: one long-lived process that takes commands, one JSON object a line, and answers each
with one. It measures its own times, around the calls of Faiss alone, so that neither the start of Python nor the pipe
is counted. Threads of BLAS are fixed by the environment it is started with."""

import json
import sys
import time

import faiss
import numpy as np


def simd():
    """The instructions in use: newer releases choose when they start, older ones were compiled for one set."""
    config = getattr(faiss, "SIMDConfig", None)
    name = config.get_level_name() if config else faiss.get_compile_options().split()[-1]
    return name.lower()


class Faiss:
    def open(self, base, queries, d, metric):
        """Maps the data (bare float32 files) and fills an index."""
        self.d = d
        self.kind = faiss.IndexFlatIP if metric == "ip" else faiss.IndexFlatL2
        self.base = np.fromfile(base, dtype=np.float32).reshape(-1, d)
        self.queries = np.fromfile(queries, dtype=np.float32).reshape(-1, d)
        self.index = None
        return {"version": f"{faiss.__version__} ({simd()})"}

    def fill(self):
        """Makes the index that is searched; with nothing kept but it."""
        self.index = self.kind(self.d)
        self.index.add(self.base)
        self.base = None
        return {}

    def answer(self, threads, nq, k):
        faiss.omp_set_num_threads(threads)
        begin = time.perf_counter()
        _, labels = self.index.search(self.queries[:nq], k)
        return {"seconds": time.perf_counter() - begin, "labels": labels.ravel().tolist()}

    def time(self, threads, starts, nq, k, warm):
        """Mean seconds of a call; `warm`: one untimed call first."""
        faiss.omp_set_num_threads(threads)
        if warm:
            self.index.search(self.queries[starts[0] : starts[0] + nq], k)
        begin = time.perf_counter()
        for start in starts:
            self.index.search(self.queries[start : start + nq], k)
        return {"seconds": (time.perf_counter() - begin) / len(starts)}

    def add(self, batch):
        """Seconds to add everything to an empty index, `batch` vectors a call."""
        index = self.kind(self.d)
        begin = time.perf_counter()
        for start in range(0, len(self.base), batch):
            index.add(self.base[start : start + batch])
        return {"seconds": time.perf_counter() - begin}


def serve(worker):
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(getattr(worker, command.pop("do"))(**command)), flush=True)


if __name__ == "__main__":
    serve(Faiss())
