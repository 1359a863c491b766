"""Golden files of indexes behind transforms. The matrices are given, not found: rows of 0, 1 and -1, so that every number is
exact, whatever BLAS multiplies. Of a transform that can be undone (by transposing) Faiss gives back what it can."""

import faiss
import numpy as np

from golden_data import integers

FLIP = np.array([[0, 0, -1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, -1]], dtype=np.float32)


def fill_linear(transform, rows, bias=None):
    faiss.copy_array_to_vector(rows.reshape(-1), transform.A)
    if bias is not None:
        faiss.copy_array_to_vector(np.array(bias, dtype=np.float32), transform.b)
    transform.have_bias = bias is not None
    transform.is_trained = True
    transform.set_is_orthonormal()
    return transform


def linear(rows, bias=None):
    return fill_linear(faiss.LinearTransform(rows.shape[1], rows.shape[0], bias is not None), rows, bias)


def rotation():
    return fill_linear(faiss.RandomRotationMatrix(4, 4), FLIP)


def principal(d_out, epsilon=0.0, rotate=False, bins=0):
    pca = faiss.PCAMatrix(4, d_out, 0, rotate)
    pca.epsilon, pca.balanced_bins = epsilon, bins
    faiss.copy_array_to_vector(np.array([1, -2, 3, 4], dtype=np.float32), pca.mean)
    faiss.copy_array_to_vector(np.array([9, 7, 2, 1], dtype=np.float32), pca.eigenvalues)
    faiss.copy_array_to_vector(FLIP.reshape(-1), pca.PCAMat)
    return fill_linear(pca, FLIP[:d_out], [3, -1, 2, 4][:d_out])


def centering():
    transform = faiss.CenteringTransform(4)
    faiss.copy_array_to_vector(np.array([5, -6, 7, 0], dtype=np.float32), transform.mean)
    transform.is_trained = True
    return transform


def remap(d_in, to):
    transform = faiss.RemapDimensionsTransform(d_in, len(to), False)
    faiss.copy_array_to_vector(np.array(to, dtype=np.int32), transform.map)
    return transform


def chained(chain, metric, helpers, n=9):
    """A flat index behind a chain: its bytes, and what they must answer."""
    number, nearest, agrees_with_faiss, k = helpers(metric)
    flat = faiss.IndexFlat(chain[-1].d_out, number)
    index = faiss.IndexPreTransform(flat)
    for transform in reversed(chain):
        index.prepend_transform(transform)
    x, queries = integers(n, index.d, 100 + index.d), integers(3, index.d, 200 + index.d)
    index.add(x)
    y, asked = x, queries
    for transform in chain:
        y, asked = transform.apply(y), transform.apply(asked)
    labels = list(range(n))
    distances, best = nearest(y, labels, asked, metric)
    agrees_with_faiss(index, queries, distances, best)
    data = faiss.serialize_index(index).tobytes()
    index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
    entry = {
        "kind": "IndexPreTransform",
        "description": None,
        "d": index.d,
        "metric": metric,
        "ntotal": n,
        "ids": [str(label) for label in labels],
        "stored": index.reconstruct_n(0, n).reshape(-1).tolist(),
        "queries": queries.reshape(-1).tolist(),
        "k": k,
        "distances": distances,
        "labels": [str(label) for label in best],
    }
    return data, entry


def read_as(old, new):
    """Whether Faiss reads the old bytes as the new."""
    return faiss.serialize_index(faiss.deserialize_index(np.frombuffer(old, dtype=np.uint8))).tobytes() == new


def old_files(made):
    """Without the epsilon (f4, behind the power), and without the bins (i4, behind the flag) either."""
    data, entry = made
    at = data.index(b"Pcam")
    own = data[at + 4 :]
    power, epsilon, flag, bins, rest = own[:4], own[4:8], own[8:9], own[9:13], own[13:]
    assert epsilon == bytes(4) and bins == bytes(4)
    without_epsilon = data[:at] + b"PcAm" + power + flag + bins + rest
    without_bins = data[:at] + b"PCAm" + power + flag + rest
    assert read_as(without_epsilon, data) and read_as(without_bins, data), "Faiss reads them as what they were made from"
    return {
        name: (old, {**entry, "resaved": "pca_flat.faiss"})
        for name, old in [("pca_flat_no_epsilon", without_epsilon), ("pca_flat_no_bins", without_bins)]
    }


def transform_files(helpers, untrained, refused):
    pca = chained([principal(4)], "l2", helpers)
    opq = faiss.serialize_index(faiss.index_factory(4, "OPQ2,Flat")).tobytes()
    out = {
        "linear_flat_l2": chained([linear(FLIP)], "l2", helpers),
        "linear_flat_bias": chained([linear(FLIP, [1, 2, 3, -4])], "ip", helpers),
        "linear_flat_fewer": chained([linear(FLIP[1:3], [10, -20])], "l2", helpers),
        "rotation_flat": chained([rotation()], "ip", helpers),
        "pca_flat": pca,
        "pca_flat_fewer": chained([principal(3, epsilon=0.5, bins=3)], "l1", helpers),
        "pcar_flat": chained([principal(2, rotate=True)], "l2", helpers),
        "centering_flat": chained([centering()], "l2", helpers),
        "remap_flat": chained([remap(5, [4, -1, 0, 2])], "linf", helpers),
        "chain_flat": chained([centering(), rotation(), remap(4, [3, 2, -1, 1, 0])], "l2", helpers),
        "pca_flat_untrained": untrained("PCA2,Flat"),
        "pcawr_ivf_untrained": untrained("PCAWR2,IVF3,Flat"),
        "rotation_flat_untrained": untrained("RR6,Flat"),
        "idmap_pad_rotation_untrained": untrained("IDMap,Pad6,RR5,Flat"),
        "refused_itq_flat": refused("ITQ4,Flat", faiss.METRIC_L2, ["ITQTransform", "Viqt"]),
        "refused_opq_untrained": (opq, {"refused": ["IxPT/LTra.is_trained", "LinearTransform"]}),
    }
    out.update(old_files(pca))
    return out
