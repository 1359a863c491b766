"""IVF indexes with some of the centroids of a larger one, as Faiss's shard_ivf_index_centroids makes them (1.7.3 has none)."""

import faiss
import numpy as np


def keep_centroids(ivf, lists, with_ids):
    """Leaves the quantizer the centroids of these lists, under their numbers as ids or not (generate_ids in Faiss). Returns
    the new quantizer, which must live as long as the index."""
    whole = faiss.downcast_index(ivf.quantizer)
    kept = np.stack([whole.reconstruct(int(l)) for l in lists]) if len(lists) else np.zeros((0, ivf.d), np.float32)
    flat = faiss.IndexFlat(ivf.d, whole.metric_type)
    if not with_ids:
        flat.add(kept)
        made = [flat]
    else:
        made = [faiss.IndexIDMap2(flat), flat]
        made[0].add_with_ids(kept, np.array(lists, dtype=np.int64))
    ivf.own_fields = False
    ivf.quantizer = made[0]
    return made
