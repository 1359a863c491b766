"""Vectors for golden files: every distance between them is exact in float32."""

import numpy as np


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
