"""Opens a file with Faiss and searches it, as mapped_child.mjs does: python3 mapped_child.py IO_FLAG_MMAP_IFC | … | read <file>"""

import json
import sys
import time

import faiss
import numpy as np

way, path = sys.argv[1:]
LATER = 5


def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


warm = faiss.IndexFlatL2(64)
warm.add(np.zeros((50_000, 64), dtype=np.float32))
warm.search(np.zeros((1, 64), dtype=np.float32), 10)

before = resident()
flags = 0 if way == "read" else getattr(faiss, way)
seconds, index = timed(lambda: faiss.read_index(path, flags))
query = np.full((1, index.d), 0.1, dtype=np.float32)
first, (_, labels) = timed(lambda: index.search(query, 10))
later, _ = timed(lambda: [index.search(query, 10) for _ in range(LATER)])
result = {"open": seconds, "first": first, "later": later / LATER, "resident": resident() - before}
print(json.dumps({**result, "labels": ",".join(map(str, labels[0]))}))
