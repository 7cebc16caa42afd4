# SPDX-License-Identifier: Apache-2.0
"""FAISS: IVF with RaBitQ or PQ codes in FastScan layout, refined by the raw vectors, all in memory."""
import math
import os

import faiss
import numpy as np
from vectors_common import Peer


class Faiss(Peer):
    codes = ""
    many = 1

    def threads(self, count):
        faiss.omp_set_num_threads(count)

    def lists(self):
        """A power of two near `many` times the root of the number of rows."""
        return 2 ** round(math.log2(self.many * self.dataset.rows ** 0.5) - 0.2)

    def factory(self):
        return f"IVF{self.lists()},{self.codes.format(quarter=self.dataset.dim // 4)},RFlat"

    @property
    def built_with(self):
        return self.factory()

    def file(self):
        return os.path.join(self.folder, "index")

    def build(self, base, sets):
        index = faiss.index_factory(self.dataset.dim, self.factory())
        index.train(base)
        index.add(base)
        faiss.write_index(index, self.file())

    def open(self):
        self.index = faiss.read_index(self.file())
        self.selectors, self.bitmaps = {}, {}
        for label, rows in self.dataset.allowed.items():
            bits = np.zeros(self.dataset.rows, np.uint8)
            bits[rows] = 1
            self.bitmaps[label] = np.packbits(bits, bitorder="little")
            self.selectors[label] = faiss.IDSelectorBitmap(self.bitmaps[label])
        self.parameters = {}

    def default(self, k):
        return None  # one list of many and no more candidates than k: nobody's choice

    def chains(self, k, label):
        nprobes = [n for n in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024,
                               2048, 4096) if n <= self.lists()]
        factors = (4, 16, 64) if label else (1, 2, 4, 8, 16, 32, 64) if k == 10 else (1, 2, 4, 8)
        return [[{"nprobe": n, "k_factor": factor} for n in (nprobes[1::2] if label else nprobes)]
                for factor in factors]

    def parameter(self, setting, label):
        key = (setting["nprobe"], setting["k_factor"], label)
        if key not in self.parameters:
            lists = faiss.SearchParametersIVF(nprobe=key[0], sel=self.selectors.get(label))
            self.parameters[key] = faiss.IndexRefineSearchParameters(k_factor=key[1],
                                                                     base_index_params=lists)
        return self.parameters[key]

    def search(self, query, k, setting, label):
        return self.index.search(query[None], k, params=self.parameter(setting, label))[1][0]

    def batch(self, queries, k, setting, threads):
        self.index.search(queries, k, params=self.parameter(setting, ""))


class RaBitQFew(Faiss):
    engine, codes = "FAISS IVF-RaBitQ fs, √n lists", "RaBitQfs"


class RaBitQMany(RaBitQFew):
    engine, many = "FAISS IVF-RaBitQ fs, 4√n lists", 4


class PqFew(Faiss):
    engine, codes = "FAISS IVF-PQ fs, √n lists", "PQ{quarter}x4fs"


class PqMany(PqFew):
    engine, many = "FAISS IVF-PQ fs, 4√n lists", 4


VARIANTS = {"pq-few": PqFew, "rabitq-few": RaBitQFew, "pq-many": PqMany, "rabitq-many": RaBitQMany}
