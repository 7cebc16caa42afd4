# SPDX-License-Identifier: Apache-2.0
"""usearch: HNSW over the raw float32 vectors, in memory. Its Python package has no filter."""
import os

import numpy as np
from usearch.index import Index
from vectors_common import Peer


class Hnsw(Peer):
    engine = "usearch HNSW"
    filters = False
    built_with = "defaults (connectivity 16, expansion_add 128), f32"
    count = 1

    def threads(self, count):
        self.count = count

    def file(self):
        return os.path.join(self.folder, "index")

    def build(self, base, sets):
        metric = {"cosine": "cos", "l2": "l2sq"}[self.dataset.metric]
        index = Index(ndim=self.dataset.dim, metric=metric, dtype="f32")
        index.add(np.arange(len(base)), base, threads=self.count)
        index.save(self.file())

    def open(self):
        self.index = Index.restore(self.file())

    def default(self, k):
        return {"expansion_search": 64}

    def chains(self, k, label):
        return [[{"expansion_search": n} for n in
                 (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048) if n >= k]]

    def found(self, queries, k, setting, threads):
        self.index.expansion_search = setting["expansion_search"]
        return self.index.search(queries, k, threads=threads).keys

    def search(self, query, k, setting, label):
        return self.found(query, k, setting, 1).astype(np.int64)

    def batch(self, queries, k, setting, threads):
        self.found(queries, k, setting, threads)


VARIANTS = {"hnsw": Hnsw}
