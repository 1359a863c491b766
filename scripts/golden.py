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

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "test" / "golden"
FLT_MAX = float(np.finfo(np.float32).max)
K = 4

# Both ends of int64, around 2^53 (where doubles end), negative ones, 0, and one id twice.
IDS = [2**53 + 1, -(2**63), 0, 2**63 - 1, -2, 7, 2**53 + 1, 2**53 - 1, -(2**53) - 1]


def integers(n, d, seed):
    return np.random.RandomState(seed).randint(-50, 51, size=(n, d)).astype(np.float32)


def unit_rows(n, d, seed):
    """Rows of length 2^i: one component, or four equal ones, that are powers of two. Normalising them is exact."""
    rng = np.random.RandomState(seed)
    x = np.zeros((n, d), dtype=np.float32)
    for row in x:
        at = rng.choice(d, size=1 if rng.randint(2) else 4, replace=False)
        row[at] = (2.0 ** rng.randint(0, 4)) * rng.choice([-1, 1], size=len(at))
    return x


def normalised(x):
    norm = np.sqrt((x.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    return (x / np.where(norm == 0, 1, norm)).astype(np.float32)


def nearest(stored, labels, queries, metric):
    """The K best by plain arithmetic, equal distances by the smaller label, padded as Faiss pads."""
    out_distances, out_labels = [], []
    for q in queries.astype(np.float64):
        if metric == "l2":
            scores = [float(((row - q) ** 2).sum()) for row in stored.astype(np.float64)]
            order = sorted(range(len(labels)), key=lambda i: (scores[i], labels[i]))
        else:
            scores = [float((row * q).sum()) for row in stored.astype(np.float64)]
            order = sorted(range(len(labels)), key=lambda i: (-scores[i], labels[i]))
        order = order[:K]
        padding = K - len(order)
        out_distances += [scores[i] for i in order] + [FLT_MAX if metric == "l2" else -FLT_MAX] * padding
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
    index = faiss.index_factory(d, description, faiss.METRIC_L2 if metric == "l2" else faiss.METRIC_INNER_PRODUCT)
    unit = "L2norm" in description
    make = unit_rows if unit else integers
    x, queries = make(n, d, 100 + d), make(3, d, 200 + d)
    stored, asked = (normalised(x), normalised(queries)) if unit else (x, queries)
    labels = [ids[i % len(ids)] for i in range(n)] if ids else list(range(n))
    if n:
        index.add_with_ids(x, np.array(labels, dtype=np.int64)) if ids else index.add(x)
    distances, best = nearest(stored, labels, asked, metric)
    agrees_with_faiss(index, queries, distances, best)
    entry = {
        "kind": type(index).__name__,
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
    return faiss.serialize_index(index).tobytes(), entry


def refused(description, metric, names, d=4, n=64):
    """A kind that is not read, to be refused by these names."""
    faiss.omp_set_num_threads(1)
    index = faiss.index_factory(d, description, metric)
    x = integers(n, d, 300)
    if not index.is_trained:
        index.train(x)
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
        "refused_flat_l1": refused("Flat", faiss.METRIC_L1, ["METRIC_L1"]),
        "refused_flat_canberra": refused("Flat", faiss.METRIC_Canberra, ["METRIC_Canberra"]),
        "refused_ivf_flat": refused("IVF2,Flat", faiss.METRIC_L2, ["IndexIVFFlat", "IwFl"]),
        "refused_idmap_sq8": refused_map(),
        "refused_hnsw_flat": refused("HNSW4", faiss.METRIC_L2, ["IndexHNSWFlat", "IHNf"]),
        "refused_pq": refused("PQ2x2", faiss.METRIC_L2, ["IndexPQ", "IxPq"]),
        "refused_pca_flat": refused("PCA2,Flat", faiss.METRIC_L2, ["PCAMatrix", "Pcam"]),
        "refused_refine_flat": refused("Flat,RFlat", faiss.METRIC_L2, ["IndexRefine", "IxRF"]),
    }
    # Made from the above by hand: bytes behind the index, and the tag that old files may bear.
    out["flat_l2_trailer"] = (flat[0] + b"bytes behind the index", {**flat[1], "resaved": "flat_l2.faiss"})
    out["flat_l2_old_tag"] = (b"IxFl" + flat[0][4:], {**flat[1], "resaved": "flat_l2.faiss"})
    return out


def refused_map():
    index = faiss.IndexIDMap(faiss.index_factory(4, "SQ8"))
    x = integers(64, 4, 300)
    index.train(x)
    index.add_with_ids(x[:8], np.arange(8) + 100)
    return faiss.serialize_index(index).tobytes(), {"refused": ["IxMp.", "IndexScalarQuantizer", "IxSQ"]}


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
