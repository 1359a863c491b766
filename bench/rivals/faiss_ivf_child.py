"""Faiss's side of the question "ivf": trains, fills and searches inverted files of its own."""

import time

import faiss
import numpy as np

from faiss_child import Faiss, serve


def lists_in(index):
    """The inverted file itself: RFlat wraps it."""
    return faiss.downcast_index(index.base_index) if hasattr(index, "base_index") else index


class FaissIVF(Faiss):
    def build(self, threads, nlist, sample, batch):
        """Makes the index that is searched: trains with the first `sample` vectors, adds all, `batch` a call.
        Gives the seconds of both."""
        faiss.omp_set_num_threads(threads)
        self.metric = faiss.METRIC_INNER_PRODUCT if self.kind is faiss.IndexFlatIP else faiss.METRIC_L2
        self.nlist = nlist
        self.indexes = {}
        index = faiss.index_factory(self.d, f"IVF{nlist},Flat", self.metric)
        begin = time.perf_counter()
        index.train(self.base[:sample])
        trained = time.perf_counter()
        self.add_all(index, batch)
        added = time.perf_counter()
        self.indexes["Flat"] = self.index = index
        return {"train": trained - begin, "add": added - trained}

    def compress(self, kind, threads, sample, batch):
        """One more index with the same centroids, whose lists hold codes: `IVF…,<kind>`. It is trained by one thread, as
        more lose time where the machine does other work, too."""
        faiss.omp_set_num_threads(1)
        index = faiss.index_factory(self.d, f"IVF{self.nlist},{kind}", self.metric)
        lists_in(index).quantizer.add(self.centroid_rows())
        index.train(self.base[:sample])
        faiss.omp_set_num_threads(threads)
        self.add_all(index, batch)
        self.indexes[kind] = index
        return {}

    def add_all(self, index, batch):
        for start in range(0, len(self.base), batch):
            index.add(self.base[start : start + batch])

    def select(self, kind, nprobe, factor, by_lists):
        """What the next searches use. `factor`: of RFlat, times k are looked at again in float32; `by_lists`: threads
        share the lists of a query instead of the queries."""
        self.index = self.indexes[kind]
        ivf = lists_in(self.index)
        ivf.nprobe = nprobe
        ivf.parallel_mode = 1 if by_lists else 0
        if factor:
            self.index.k_factor = factor
        return {}

    def scanned(self, nprobe, nq):
        """Vectors that a query is compared with, on average."""
        self.select("Flat", nprobe, 0, False)
        faiss.cvar.indexIVF_stats.reset()
        self.index.search(self.queries[:nq], 1)
        return {"vectors": faiss.cvar.indexIVF_stats.ndis / nq}

    def centroid_rows(self):
        return self.indexes["Flat"].quantizer.reconstruct_n(0, self.nlist)

    def centroids(self):
        return {"rows": self.centroid_rows().ravel().astype(np.float64).tolist()}


serve(FaissIVF())
