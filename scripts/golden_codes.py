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


def asks_in_codes(part):
    """Whether Faiss turns queries into codes, too."""
    return part.sq.qtype == SQ.QT_8bit_direct


def recoded(answered, name, d, qtype, n=9, metric="l2"):
    """A flat index in codes that Faiss 1.7.3 does not write."""
    data, entry = answered(name, d, metric, n, None)
    x = np.array(entry["stored"], dtype=np.float32).reshape(n, d)
    description = {BF16: "SQbf16", DIRECT_SIGNED: "SQ8_direct_signed"}[qtype]
    return in_code(data, x, qtype), {**entry, "description": description}


def code_files(answered, ivf, untrained, ids):
    """The files of indexes in codes, made by the functions of golden.py."""
    return {
        "sq8_l2": answered("SQ8", 4, "l2", 9, None),
        "sq8_ip": answered("SQ8", 17, "ip", 5, None),
        "sq8_untrained": untrained("SQ8"),
        "sq8_empty": answered("SQ8", 4, "l2", 0, None),
        "sq6_l2": answered("SQ6", 7, "l2", 9, None),
        "sq4_l2": answered("SQ4", 5, "l2", 9, None),
        "sq4_ip": answered("SQ4", 4, "ip", 9, None),
        "sqfp16_l2": answered("SQfp16", 4, "l2", 9, None),
        "sqfp16_ip": answered("SQfp16", 17, "ip", 5, None),
        "sqbf16_l2": recoded(answered, "SQfp16", 4, BF16),
        "sq8_direct_l2": answered("SQ8_direct", 4, "l2", 9, None),
        "sq8_direct_signed_l2": recoded(answered, "SQ8_direct", 4, DIRECT_SIGNED),
        "sq8_uniform_l2": answered("SQ8_uniform", 4, "l2", 9, None),
        "sq4_uniform_ip": answered("SQ4_uniform", 5, "ip", 9, None),
        "idmap_sq8": answered("IDMap,SQ8", 4, "ip", 9, ids),
        "idmap2_sqfp16": answered("IDMap2,SQfp16", 4, "l2", 9, ids),
        "refine_sq8": answered("Flat,Refine(SQ8)", 4, "l2", 9, None),
        "refine_sqfp16": answered("SQ8,Refine(SQfp16)", 4, "ip", 9, None),
        "refine_ivf_sq8_sqfp16": ivf("IVF3,SQ8,Refine(SQfp16)", 4, "l2", 9, None, nprobe=2, k_factor=2.5),
        "refine_sq8_untrained": untrained("Flat,Refine(SQ8)"),
    }


def refine_files(answered, ivf, untrained, ids):
    """Likewise of refinements by the vectors themselves."""
    # The codes are exact, so that the factor changes no answer.
    return {
        "refine_flat_l2": answered("Flat,RFlat", 4, "l2", 9, None),
        "refine_flat_empty": answered("Flat,RFlat", 3, "ip", 0, None),
        "refine_ivf_sq8": ivf("IVF3,SQ8,RFlat", 4, "l2", 9, None, nprobe=2, k_factor=2.5),
        "refine_ivf_fp16": ivf("IVF2,SQfp16,RFlat", 17, "ip", 5, None, k_factor=1000),
        "refine_ivf_sq8_untrained": untrained("IVF3,SQ8,RFlat"),
        "refine_ivf_flat_sparse": ivf("IVF7,Flat,Refine(Flat)", 3, "l2", 3, None, nprobe=9),
        "idmap_refine_flat": answered("Flat,RFlat,IDMap", 4, "l2", 9, ids),
        "idmap2_refine_ivf_sq8": ivf("IVF3,SQ8,RFlat,IDMap2", 4, "ip", 9, ids, k_factor=4),
    }
