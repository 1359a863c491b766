"""Bytes of Faiss in forms that it does not write any more, or only by chance, made by hand from those that it writes."""

import struct

import faiss
import numpy as np

# In the files of IVF indexes here: header, nlist, nprobe, then the quantizer with its header and the count of components.
QUANTIZER_AT = 4 + 33 + 8 + 8
CENTROIDS_AT = QUANTIZER_AT + 4 + 33 + 8


def legacy(data, nlist, d, tag):
    """The bytes of an IndexIVFFlat without a direct map as old versions wrote them: ids before the direct map, codes at the
    end, counted in bytes (IvFL) or components (IvFl)."""
    index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
    map_at = CENTROIDS_AT + nlist * d * 4
    ids = codes = b""
    for l in range(nlist):
        n = index.invlists.list_size(l)
        ids += struct.pack("<Q", n) + faiss.rev_swig_ptr(index.invlists.get_ids(l), n).tobytes()
        count = n * d * (4 if tag == b"IvFL" else 1)
        codes += struct.pack("<Q", count) + faiss.rev_swig_ptr(index.invlists.get_codes(l), n * d * 4).tobytes()
    made = tag + data[4:map_at] + ids + data[map_at : map_at + 9] + codes
    again = faiss.serialize_index(faiss.deserialize_index(np.frombuffer(made, dtype=np.uint8))).tobytes()
    assert again == data, "Faiss reads it as what it was made from"
    return made


def old_scalar(data, d, nlist, tag):
    """The bytes of an IndexIVFScalarQuantizer by residual without a direct map as old versions wrote them: without the byte
    that says so (IwSQ), or with lists as in `legacy` (IvSQ)."""
    index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
    lists_at = data.index(b"ilar")
    assert data[lists_at - 1] == 1
    if tag == b"IwSQ":
        made = tag + data[4 : lists_at - 1] + data[lists_at:]
    else:
        map_at = CENTROIDS_AT + nlist * d * 4
        ids = codes = b""
        for l in range(nlist):
            n = index.invlists.list_size(l)
            ids += struct.pack("<Q", n) + faiss.rev_swig_ptr(index.invlists.get_ids(l), n).tobytes()
            size = n * index.code_size
            codes += struct.pack("<Q", size) + faiss.rev_swig_ptr(index.invlists.get_codes(l), size).tobytes()
        made = tag + data[4:map_at] + ids + data[map_at : lists_at - 1] + codes
    again = faiss.serialize_index(faiss.deserialize_index(np.frombuffer(made, dtype=np.uint8))).tobytes()
    assert again == data, "Faiss reads it as what it was made from"
    return made


def sorted_hash(data, nlist, d):
    """The bytes with the pairs of the hash table in the order of their ids, as this package writes them."""
    at = CENTROIDS_AT + nlist * d * 4 + 1 + 8
    (n,) = struct.unpack_from("<Q", data, at)
    pairs = sorted(struct.iter_unpack("<qq", data[at + 8 : at + 8 + 16 * n]))
    made = data[: at + 8] + b"".join(struct.pack("<qq", *pair) for pair in pairs) + data[at + 8 + 16 * n :]
    faiss.deserialize_index(np.frombuffer(made, dtype=np.uint8))
    return made


def cut_lists(data, tag, rest=True):
    """The bytes with other inverted lists than an array's. rest: whether anything follows their tag."""
    at = data.index(b"ilar")
    return data[:at] + tag + (data[at + 4 :] if rest else b"")
