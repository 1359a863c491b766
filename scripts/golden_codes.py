"""Codes of Faiss's scalar quantizer that stand for whole numbers, so that distances to decoded vectors are exact."""

import struct

import faiss
import numpy as np

SQ = faiss.ScalarQuantizer

# By type: bits, whether all dimensions share a range. Code c then stands for c - (2^(bits - 1) - 1).
RANGES = {
    SQ.QT_8bit: (8, False),
    SQ.QT_6bit: (6, False),
    SQ.QT_4bit: (4, False),
    SQ.QT_8bit_uniform: (8, True),
    SQ.QT_4bit_uniform: (4, True),
}
# Numbers that Faiss 1.7.3 has no names for.
BF16, DIRECT_SIGNED = 7, 8
HEADER = 4 + 33
# Those that the factory of Faiss 1.7.3 has no names for.
UNNAMED = {
    "SQ8_direct": SQ.QT_8bit_direct,
    "SQ8_uniform": SQ.QT_8bit_uniform,
    "SQ4_uniform": SQ.QT_4bit_uniform,
}


def made(description, d, metric):
    """An index by its description."""
    if description in UNNAMED:
        return faiss.IndexScalarQuantizer(d, UNNAMED[description], metric)
    return faiss.index_factory(d, description, metric)


def make_exact(index):
    """Gives an index with a scalar quantizer the ranges that make it exact for whole numbers; returns the least and the
    greatest of these, which may be beyond what vectors here hold."""
    sq = index.sq
    index.is_trained = True
    if sq.qtype in RANGES:
        bits, shared = RANGES[sq.qtype]
        low, most = -(2 ** (bits - 1) - 1), 2**bits - 1
        count = 1 if shared else sq.d
        faiss.copy_array_to_vector(np.repeat([low - 0.5, most], count).astype(np.float32), sq.trained)
        return low, low + most
    return (0, 255) if sq.qtype == SQ.QT_8bit_direct else (-128, 127)


def coded_parts(index):
    """The indexes with a scalar quantizer that an index is, wraps, or refines with."""
    parts = []
    while index is not None:
        index = faiss.downcast_index(index)
        refine = getattr(index, "refine_index", None)
        for part in [index] + ([faiss.downcast_index(refine)] if refine is not None else []):
            if hasattr(part, "sq"):
                parts.append(part)
        index = getattr(index, "base_index", None) or getattr(index, "index", None)
    return parts


def in_code(data, x, qtype):
    """The bytes of an IndexScalarQuantizer (SQfp16 or 8bit_direct) with other codes for the same vectors x: upper halves of
    float32, or bytes with a sign. Faiss 1.7.3 does not write these; 1.15 writes the same."""
    if qtype == BF16:
        codes = (x.astype("<f4").view("<u4") >> 16).astype("<u2")
    else:
        codes = (x + 128).astype(np.uint8)
    return data[:HEADER] + struct.pack("<i", qtype) + data[HEADER + 4 : -codes.nbytes] + codes.tobytes()
