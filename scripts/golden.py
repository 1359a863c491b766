#!/usr/bin/env python3
"""Golden files: what Faiss itself writes, with the answers that belong to them.

    python3 scripts/golden.py            writes test/golden/*.faiss and test/golden/golden.json
    python3 scripts/golden.py --check    compares what this Faiss writes with the committed files; exits 1 if any differs

Needs `faiss` and `numpy` (Debian: python3-faiss). The committed files are of Faiss 1.7.3. All vectors hold small integers
(or, under L2norm, components that normalise without rounding), so every distance is exact and is compared with ==.
"""

import hashlib
import json
import pathlib
import platform
import struct
import sys

import faiss
import numpy as np

from golden_codes import asks_in_codes, code_files, coded_parts, made, make_exact, refine_files
from golden_data import integers, unit_rows
from golden_old_forms import cut_lists, legacy, old_scalar, sorted_hash
from golden_shards import keep_centroids
from golden_transforms import transform_files

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "test" / "golden"
FLT_MAX = float(np.finfo(np.float32).max)
K = 4

# Both ends of int64, around 2^53 (where doubles end), negative ones, 0, and one id twice.
IDS = [2**53 + 1, -(2**63), 0, 2**63 - 1, -2, 7, 2**53 + 1, 2**53 - 1, -(2**53) - 1]

METRICS = {
    "l2": faiss.METRIC_L2,
    "ip": faiss.METRIC_INNER_PRODUCT,
    "l1": faiss.METRIC_L1,
    "linf": faiss.METRIC_Linf,
}
SCORES = {
    "l2": lambda row, q: ((row - q) ** 2).sum(),
    "ip": lambda row, q: (row * q).sum(),
    "l1": lambda row, q: np.abs(row - q).sum(),
    "linf": lambda row, q: np.abs(row - q).max(),
}


def normalised(x):
    norm = np.sqrt((x.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    return (x / np.where(norm == 0, 1, norm)).astype(np.float32)


def nearest(stored, labels, queries, metric, seen=None):
    """The K best by plain arithmetic, equal distances by the smaller label, padded as Faiss pads.

    seen: per query the rows that are looked at; None: all."""
    out_distances, out_labels = [], []
    everything, all_labels = stored, labels
    for i, q in enumerate(queries.astype(np.float64)):
        stored = everything if seen is None else everything[seen[i]]
        labels = all_labels if seen is None else [all_labels[row] for row in seen[i]]
        scores = [float(SCORES[metric](row, q)) for row in stored.astype(np.float64)]
        sign = -1 if metric == "ip" else 1
        order = sorted(range(len(labels)), key=lambda i: (sign * scores[i], labels[i]))
        order = order[:K]
        padding = K - len(order)
        out_distances += [scores[i] for i in order] + [sign * FLT_MAX] * padding
        out_labels += [labels[i] for i in order] + [-1] * padding
    return out_distances, out_labels


def agrees_with_faiss(index, queries, distances, labels):
    """Faiss's own answer: equal distances, and equal labels where no neighbour in the row ties."""
    if index.ntotal == 0:
        return  # 1.7.3 answers wrongly here
    found, names = index.search(queries, K)
    assert found.reshape(-1).tolist() == distances, (found, distances)
    for i, (distance, name) in enumerate(zip(distances, names.reshape(-1).tolist())):
        row = i - i % K
        others = index.search(queries[i // K : i // K + 1], max(K, index.ntotal))[0][0].tolist()
        if others.count(distance) == 1:
            assert name == labels[i], (i, row, name, labels[i])


def answered(description, d, metric, n, ids):
    """A kind that is read: its bytes, and what they must answer."""
    index = made(description, d, METRICS[metric])
    unit = "L2norm" in description
    make = unit_rows if unit else integers
    x, queries = make(n, d, 100 + d), make(3, d, 200 + d)
    ranges = None
    for part in coded_parts(index):
        low, high = make_exact(part)
        if part.sq.trained.size() > 0:
            ranges = [low - 0.5, high - 0.5]
        x = x.clip(low, high)
        index.is_trained = True
        if asks_in_codes(part):
            queries = x[:3] if n else np.abs(queries)
    stored, asked = (normalised(x), normalised(queries)) if unit else (x, queries)
    labels = [ids[i % len(ids)] for i in range(n)] if ids else list(range(n))
    if n:
        index.add_with_ids(x, np.array(labels, dtype=np.int64)) if ids else index.add(x)
    distances, best = nearest(stored, labels, asked, metric)
    agrees_with_faiss(index, queries, distances, best)
    entry = {
        "kind": kind_of(index),
        "description": description,
        "d": d,
        "metric": metric,
        "ntotal": n,
        "ids": [str(label) for label in labels],
        "stored": stored.reshape(-1).tolist(),
        "queries": queries.reshape(-1).tolist(),
        "k": K,
        "distances": distances,
        "labels": [str(label) for label in best],
    }
    if ranges is not None:
        entry["ranges"] = ranges
    return faiss.serialize_index(index).tobytes(), entry


def inside(index):
    """The index in a wrapper."""
    return faiss.downcast_index(index.base_index if hasattr(index, "base_index") else index.index)


def heart(index):
    """The IVF index inside wrappers."""
    while not hasattr(index, "invlists"):
        index = inside(index)
    return index


def refinement(index):
    """The IndexRefine that an index is or has inside, or None."""
    while not hasattr(index, "base_index"):
        if not hasattr(index, "index"):
            return None
        index = inside(index)
    return index


def kind_of(index):
    """The class's name; Faiss's factory gives an IndexRefineFlat under that of its base class."""
    if not hasattr(index, "base_index"):
        return type(index).__name__
    flat = isinstance(faiss.downcast_index(index.refine_index), faiss.IndexFlat)
    return "IndexRefineFlat" if flat else "IndexRefine"


def give_centroids(index, centroids):
    """Trains an index, in its wrappers, by telling it the centroids."""
    heart(index).quantizer.add(centroids)
    while True:
        index.is_trained = True
        if hasattr(index, "invlists"):
            return
        index = inside(index)


def rows_seen(index, stored, queries, nprobe):
    """Per query the rows in its nprobe nearest lists."""
    ivf = heart(index)
    quantizer = faiss.downcast_index(ivf.quantizer)
    list_of = quantizer.search(stored, 1)[1][:, 0]
    near = quantizer.search(queries, nprobe)[1]
    return [[row for row in range(len(stored)) if list_of[row] in near[i]] for i in range(len(queries))]


def ivf(description, d, metric, n, ids, nprobe=None, trained=False, direct_map=None, removed=(), quantizer=None,
        by_residual=True, k_factor=None, shard=None):
    """An IVF index: its bytes, and what they must answer. nprobe: of the file; None: all lists.

    The centroids are given, or found by Faiss if `trained`. removed: ids that are taken out in the end. by_residual: of a
    scalar quantizer, whose codes are made to hold whole numbers exactly. shard: the lists whose centroids are left, and whether
    their numbers are, too."""
    index = faiss.index_factory(d, description, METRICS[metric])
    inner = heart(index)
    if quantizer is not None:
        inner.quantizer = quantizer
    unit = "L2norm" in description
    make = unit_rows if unit else integers
    x, queries = make(n, d, 100 + d), make(3, d, 200 + d)
    stored, asked = (normalised(x), normalised(queries)) if unit else (x, queries)
    if trained:
        faiss.omp_set_num_threads(1)
        inner.cp.min_points_per_centroid = 1
        index.train(x)
    else:
        centroids = make(inner.nlist, d, 400 + d)
        give_centroids(index, normalised(centroids) if unit else centroids)
    _alive = None if shard is None else keep_centroids(inner, *shard)
    for part in coded_parts(index):
        bounds = make_exact(part)
        if part.this == inner.this:
            inner.by_residual = by_residual
        if not by_residual:
            x = stored = x.clip(*bounds)
    inner.nprobe = inner.nlist if nprobe is None else nprobe
    if k_factor is not None:
        refinement(index).k_factor = k_factor
    if direct_map is not None:
        inner.set_direct_map_type(direct_map)
    labels = [ids[i % len(ids)] for i in range(n)] if ids else list(range(n))
    if n:
        index.add_with_ids(x, np.array(labels, dtype=np.int64)) if ids else index.add(x)
    kept = [i for i in range(n) if labels[i] not in removed]
    if removed:
        index.remove_ids(np.array(removed, dtype=np.int64))
    stored, labels = stored[kept], [labels[i] for i in kept]

    def answer(lists):
        return nearest(stored, labels, asked, metric, rows_seen(index, stored, asked, lists))

    distances, best = answer(inner.nprobe)
    agrees_with_faiss(index, queries, distances, best)
    entry = {
        "kind": kind_of(index),
        "description": description,
        "d": d,
        "metric": metric,
        "ntotal": len(labels),
        "nlist": inner.nlist,
        "nprobe": inner.nprobe,
        "ids": [str(label) for label in labels],
        "stored": stored.reshape(-1).tolist(),
        "queries": queries.reshape(-1).tolist(),
        "k": K,
        "distances": distances,
        "labels": [str(label) for label in best],
    }
    if not unit:
        entry["probes"] = []
        for lists in range(1, inner.nlist + 1):
            distances, best = answer(lists)
            entry["probes"].append({"distances": distances, "labels": [str(label) for label in best]})
    return faiss.serialize_index(index).tobytes(), entry


def untrained(description, d=4):
    index = faiss.index_factory(d, description)
    entry = {"kind": kind_of(index), "description": description, "d": d, "metric": "l2", "untrained": True}
    return faiss.serialize_index(index).tobytes(), entry


def refused(description, metric, names, d=4, n=64, fill=True):
    """A kind that is not read, to be refused by these names. fill: not of kinds whose add fails in Faiss."""
    faiss.omp_set_num_threads(1)
    index = faiss.index_factory(d, description, metric)
    x = integers(n, d, 300)
    if not index.is_trained:
        index.train(x)
    if fill:
        index.add(x[:8])
    return faiss.serialize_index(index).tobytes(), {"refused": names}


def files():
    flat = answered("Flat", 4, "l2", 9, None)
    out = {
        "flat_l2": flat,
        "flat_ip": answered("Flat", 4, "ip", 9, None),
        "flat_l2_empty": answered("Flat", 4, "l2", 0, None),
        "flat_ip_empty": answered("Flat", 3, "ip", 0, None),
        "flat_l2_d1": answered("Flat", 1, "l2", 5, None),
        "flat_ip_d17": answered("Flat", 17, "ip", 2, None),
        "flat_l1": answered("Flat", 4, "l1", 9, None),
        "flat_linf": answered("Flat", 17, "linf", 9, None),
        "idmap_flat_linf": answered("IDMap,Flat", 4, "linf", 9, IDS),
        "idmap_flat_l2": answered("IDMap,Flat", 4, "l2", 9, IDS),
        "idmap_flat_ip": answered("IDMap,Flat", 4, "ip", 9, IDS),
        "idmap2_flat_l2": answered("IDMap2,Flat", 4, "l2", 9, IDS),
        "idmap2_flat_ip": answered("IDMap2,Flat", 4, "ip", 9, IDS),
        "idmap_flat_empty": answered("IDMap,Flat", 4, "l2", 0, IDS),
        "l2norm_flat_l2": answered("L2norm,Flat", 8, "l2", 7, None),
        "l2norm_flat_ip": answered("L2norm,Flat", 8, "ip", 7, None),
        "idmap_l2norm_flat": answered("IDMap,L2norm,Flat", 8, "ip", 9, IDS),
        "idmap2_l2norm_flat": answered("IDMap2,L2norm,Flat", 8, "l2", 9, IDS),
        "l2norm_idmap_flat": answered("L2norm,IDMap,Flat", 8, "ip", 9, IDS),
        "refused_flat_lp": refused("Flat", faiss.METRIC_Lp, ["METRIC_Lp"]),
        "refused_flat_canberra": refused("Flat", faiss.METRIC_Canberra, ["METRIC_Canberra"]),
        "refused_ivf_pq": refused("IVF2,PQ2x2", faiss.METRIC_L2, ["IndexIVFPQ", "IwPQ"]),
        "refused_ivf_hnsw": refused("IVF2_HNSW2,Flat", faiss.METRIC_L2, ["IwFl.", "IndexHNSWFlat", "IHNf"]),
        "refused_ivf_ivf": refused("IVF2(IVF2,Flat),Flat", faiss.METRIC_L2, ["IwFl.", "IndexIVFFlat", "quantizer"]),
        "refused_hnsw_flat": refused("HNSW4", faiss.METRIC_L2, ["IndexHNSWFlat", "IHNf"]),
        "refused_pq": refused("PQ2x2", faiss.METRIC_L2, ["IndexPQ", "IxPq"]),
        "refused_refine_ivf": refused("Flat,Refine(IVF1,Flat)", faiss.METRIC_L2, ["IxRF.", "IndexFlat"]),
        "refused_refine_refine": refused("Flat,RFlat,RFlat", faiss.METRIC_L2, ["IxRF.", "IndexRefineFlat"]),
        "refused_refine_idmap": refused("Flat,IDMap,RFlat", faiss.METRIC_L2, ["IxRF.", "IndexIDMap"], fill=False),
    }
    out.update(ivf_files())
    out.update(refine_files(answered, ivf, untrained, IDS))
    out.update(code_files(answered, ivf, untrained, IDS))
    out["pad_flat_l2"] = answered("Pad7,Flat", 4, "l2", 9, None)
    out["idmap_pad_flat_ip"] = answered("IDMap,Pad7,Flat", 4, "ip", 9, IDS)
    out.update(transform_files(lambda metric: (METRICS[metric], nearest, agrees_with_faiss, K), untrained, refused))
    # Made from the above by hand: bytes behind the index, and the tag that old files may bear.
    out["flat_l2_trailer"] = (flat[0] + b"bytes behind the index", {**flat[1], "resaved": "flat_l2.faiss"})
    out["flat_l2_old_tag"] = (b"IxFl" + flat[0][4:], {**flat[1], "resaved": "flat_l2.faiss"})
    return out


def ivf_files():
    ids = [IDS[0]] + IDS[1:6] + IDS[7:]  # each once
    flat = ivf("IVF3,Flat", 4, "l2", 9, None)
    hashed = ivf("IVF3,Flat", 4, "l2", 8, ids, direct_map=faiss.DirectMap.Hashtable)
    mapped = ivf("IDMap,IVF3,Flat", 4, "ip", 9, IDS)
    empty = ivf("IVF3,Flat", 4, "l2", 0, None)
    out = {
        "ivf_flat_l2": flat,
        "ivf_flat_ip": ivf("IVF3,Flat", 4, "ip", 9, None, nprobe=2),
        "ivf_flat_d1": ivf("IVF2,Flat", 1, "l2", 5, None, nprobe=1),
        "ivf_flat_d17": ivf("IVF2,Flat", 17, "ip", 5, None),
        "ivf_flat_ids": ivf("IVF3,Flat", 4, "l2", 8, ids, nprobe=1),
        "ivf_flat_sparse": ivf("IVF7,Flat", 3, "l2", 3, None, nprobe=9),
        "ivf_flat_empty": empty,
        "ivf_flat_no_lists": (cut_lists(empty[0], b"il00", rest=False), {**empty[1], "resaved": "ivf_flat_empty.faiss"}),
        "ivf_flat_shard": ivf("IVF7,Flat", 4, "l2", 9, None, shard=([5, 1, 3], False)),
        "ivf_flat_shard_ids": ivf("IVF7,Flat", 4, "l2", 9, None, shard=([2, 5, 1], True)),
        "ivf_flat_shard_empty": ivf("IVF7,Flat", 4, "ip", 0, None, shard=([1, 4], True)),
        "ivf_flat_shard_none": ivf("IVF3,Flat", 4, "l2", 0, None, shard=([], False)),
        "idmap_ivf_flat_shard": ivf("IDMap,IVF7,Flat", 4, "ip", 9, IDS, nprobe=2, shard=([6, 0, 3], True)),
        "ivf_flat_untrained": untrained("IVF3,Flat"),
        "ivf_flat_trained": ivf("IVF4,Flat", 4, "l2", 30, None, nprobe=2, trained=True),
        "ivf_flat_array": ivf("IVF3,Flat", 4, "l2", 9, None, direct_map=faiss.DirectMap.Array),
        "ivf_flat_hash": (hashed[0], {**hashed[1], "resaved": "ivf_flat_hash_sorted.faiss"}),
        "ivf_flat_hash_sorted": (sorted_hash(hashed[0], 3, 4), hashed[1]),
        "ivf_flat_removed": ivf("IVF3,Flat", 4, "l2", 9, None, removed=[0, 2, 5]),
        "ivf_flat_ip_by_l2": ivf("IVF3,Flat", 4, "ip", 9, None, nprobe=1, quantizer=faiss.IndexFlatL2(4)),
        "ivf_flat_legacy": (legacy(flat[0], 3, 4, b"IvFL"), {**flat[1], "resaved": "ivf_flat_l2.faiss"}),
        "ivf_flat_legacy_floats": (legacy(flat[0], 3, 4, b"IvFl"), {**flat[1], "resaved": "ivf_flat_l2.faiss"}),
        "idmap_ivf_flat": mapped,
        "idmap_ivf_flat_untrained": untrained("IDMap,IVF3,Flat"),
        "idmap2_ivf_flat": ivf("IDMap2,IVF2,Flat", 4, "l2", 9, IDS, nprobe=1),
        "l2norm_ivf_flat": ivf("L2norm,IVF2,Flat", 8, "ip", 7, None),
        "idmap_l2norm_ivf_flat": ivf("IDMap,L2norm,IVF2,Flat", 8, "ip", 9, IDS),
        "refused_ivf_no_lists": (cut_lists(flat[0], b"il00", rest=False), {"refused": ["IwFl.", "il00"]}),
        "refused_ivf_disk": (cut_lists(flat[0], b"ilod"), {"refused": ["IwFl.", "OnDiskInvertedLists", "ilod"]}),
    }
    bytes_l2 = ivf("IVF3,SQ8", 4, "l2", 9, None)
    out.update({
        "ivf_sq8_l2": bytes_l2,
        "ivf_sq8_ip": ivf("IVF3,SQ8", 4, "ip", 9, None, nprobe=2),
        "ivf_sq8_d17": ivf("IVF2,SQ8", 17, "l2", 5, ids[:5]),
        "ivf_sq8_sparse": ivf("IVF7,SQ8", 3, "l2", 3, None, nprobe=9),
        "ivf_sq8_direct": ivf("IVF3,SQ8", 4, "l2", 9, None, by_residual=False),
        "ivf_sq8_array": ivf("IVF3,SQ8", 4, "l2", 9, None, direct_map=faiss.DirectMap.Array),
        "ivf_sq8_untrained": untrained("IVF3,SQ8"),
        "ivf_sq8_shard": ivf("IVF7,SQ8", 4, "l2", 9, None, shard=([5, 1, 3], False)),
        "ivf_sq8_shard_ids": ivf("IVF7,SQ8", 4, "ip", 9, None, nprobe=1, shard=([2, 5, 1], True)),
        "ivf_fp16_shard_ids": ivf("IVF7,SQfp16", 4, "l2", 9, None, shard=([6, 0], True)),
        "ivf_sq8_old_tag": (old_scalar(bytes_l2[0], 4, 3, b"IwSQ"), {**bytes_l2[1], "resaved": "ivf_sq8_l2.faiss"}),
        "ivf_sq8_legacy": (old_scalar(bytes_l2[0], 4, 3, b"IvSQ"), {**bytes_l2[1], "resaved": "ivf_sq8_l2.faiss"}),
        "ivf_fp16_l2": ivf("IVF3,SQfp16", 4, "l2", 9, None),
        "ivf_fp16_ip": ivf("IVF2,SQfp16", 17, "ip", 5, None, nprobe=1),
        "ivf_fp16_untrained": untrained("IVF3,SQfp16"),
        "idmap_ivf_sq8": ivf("IDMap,IVF3,SQ8", 4, "ip", 9, IDS),
        "idmap2_ivf_fp16": ivf("IDMap2,IVF3,SQfp16", 4, "l2", 9, IDS),
        "ivf_sq6": ivf("IVF3,SQ6", 5, "l2", 9, None, by_residual=False),
        "ivf_sq4": ivf("IVF3,SQ4", 5, "ip", 9, None, by_residual=False),
    })
    # A map that was made around an index before it was trained says "untrained" for ever.
    out["idmap_ivf_flat_old_map"] = (
        mapped[0][:32] + b"\0" + mapped[0][33:],
        {**mapped[1], "resaved": "idmap_ivf_flat.faiss"},
    )
    return out


def main():
    made = files()
    for data, entry in made.values():
        entry["bytes"] = len(data)
        entry["sha256"] = hashlib.sha256(data).hexdigest()
    if "--check" in sys.argv[1:]:
        changed = [name for name, (data, _) in made.items() if (GOLDEN / f"{name}.faiss").read_bytes() != data]
        print(f"Faiss {faiss.__version__}: {len(made) - len(changed)} of {len(made)} files equal; differ: {changed}")
        # Kinds that are read must not differ between versions; the others are there to be refused.
        sys.exit(any(not name.startswith("refused_") for name in changed))
    assert struct.pack("=i", 1) == struct.pack("<i", 1), "Faiss writes the machine's byte order; files are little-endian"
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, (data, _) in made.items():
        (GOLDEN / f"{name}.faiss").write_bytes(data)
    versions = {"made by": "scripts/golden.py", "faiss": faiss.__version__, "numpy": np.__version__,
                "python": platform.python_version()}
    lines = [f'"{name}.faiss": {json.dumps(entry)}' for name, (_, entry) in made.items()]
    listing = json.dumps(versions)[:-1] + ', "files": {\n' + ",\n".join(lines) + "\n}}\n"
    (GOLDEN / "golden.json").write_text(listing)


if __name__ == "__main__":
    main()
