"""The other side of the interoperability tests: does with Faiss what it is told on stdin, a JSON list of jobs, and prints
a JSON list of results. Arrays travel as files of raw float32 and int64.

    {"do": "version"}
    {"do": "write", "description", "metric", "d", "vectors", "ids" (or null), "path", "nprobe" and "directMap" (of an IVF, if
        wanted), "kFactor" (of an IndexRefine, if wanted)}: trained with the vectors where need be
    {"do": "shard", "path", "out", "lists", "withIds", "vectors" (or null)}: the index of `path` with the centroids of these
        lists alone, under their numbers as ids or not; then the vectors are added
    {"do": "answer", "path", "queries", "k", "saved" (or null: where to save the index again), "nprobe" (of an IVF; if not
        given, the file's)}
"""

import json
import pathlib
import sys

import faiss
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from golden_shards import keep_centroids  # noqa: E402

METRICS = {
    "l2": faiss.METRIC_L2,
    "ip": faiss.METRIC_INNER_PRODUCT,
    "l1": faiss.METRIC_L1,
    "linf": faiss.METRIC_Linf,
}


def inside(index):
    """The index in a wrapper."""
    return faiss.downcast_index(index.base_index if hasattr(index, "base_index") else index.index)


def heart(index):
    """The IVF index inside wrappers."""
    while not hasattr(index, "invlists"):
        index = inside(index)
    return index


def refinement(index):
    """The IndexRefine that an index is, or has inside."""
    while not hasattr(index, "base_index"):
        index = inside(index)
    return index


def write(job):
    metric = METRICS[job["metric"]]
    index = faiss.index_factory(job["d"], job["description"], metric)
    x = np.fromfile(job["vectors"], dtype=np.float32).reshape(-1, job["d"])
    if not index.is_trained:
        index.train(x)
    if "nprobe" in job:
        heart(index).nprobe = job["nprobe"]
    if "directMap" in job:
        heart(index).set_direct_map_type(job["directMap"])
    if "kFactor" in job:
        refinement(index).k_factor = job["kFactor"]
    if job["ids"] is None:
        index.add(x)
    else:
        index.add_with_ids(x, np.fromfile(job["ids"], dtype=np.int64))
    faiss.write_index(index, job["path"])
    return {"ntotal": index.ntotal}


def shard(job):
    index = faiss.read_index(job["path"])
    _alive = keep_centroids(heart(index), job["lists"], job["withIds"])
    if job["vectors"] is not None:
        index.add(np.fromfile(job["vectors"], dtype=np.float32).reshape(-1, index.d))
    faiss.write_index(index, job["out"])
    return {"ntotal": index.ntotal}


def answer(job):
    index = faiss.read_index(job["path"])
    queries = np.fromfile(job["queries"], dtype=np.float32).reshape(-1, index.d)
    if job["saved"] is not None:
        faiss.write_index(index, job["saved"])
    if "nprobe" in job:
        heart(index).nprobe = job["nprobe"]
    distances, labels = index.search(queries, job["k"])
    return {
        "kind": type(index).__name__,
        "ntotal": index.ntotal,
        "distances": distances.reshape(-1).tolist(),
        "labels": [str(label) for label in labels.reshape(-1).tolist()],
    }


def version(_):
    return {"version": faiss.__version__}


JOBS = {"write": write, "shard": shard, "answer": answer, "version": version}
print(json.dumps([JOBS[job["do"]](job) for job in json.load(sys.stdin)]))
