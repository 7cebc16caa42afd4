# SPDX-License-Identifier: Apache-2.0
"""infino: one append and its `optimize`, as its users would; a search there has no settings.

A filter is a match of words in an indexed text column, so the allowed sets are words.
"""
import os

import infino
import numpy as np
import pyarrow as pa
from vectors_common import SET_NAMES, Peer

WORDS = {label: f"set{number}" for label, number in SET_NAMES.items()}


class Infino(Peer):
    engine = "infino"
    tunable = False
    built_with = "appends of 50 000 rows, optimize, gc"

    def connect(self):
        return infino.connect(os.path.join(self.folder, "data"), cache_dir=self.folder + ".cache",
                              cache_budget_bytes=8 << 30)

    def build(self, base, sets):
        words = np.array([" ".join(f"set{n + 1}" for n in range(count)) or "none" for count in range(5)])
        schema = pa.schema([("row", pa.int64()), ("sets", pa.large_utf8()),
                            ("vector", pa.list_(pa.field("item", pa.float32()), self.dataset.dim))])
        indexes = infino.IndexSpec().fts("sets").vector(
            "vector", self.dataset.dim, {"cosine": "cosine", "l2": "l2sq"}[self.dataset.metric])
        table = self.connect().create_table("vectors", schema, indexes)
        for begin in range(0, len(base), 50_000):
            part = base[begin:begin + 50_000]
            flat = pa.array(part.ravel())
            columns = [pa.array(np.arange(begin, begin + len(part))),
                       pa.array(words[sets[begin:begin + len(part)]].tolist(), pa.large_utf8()),
                       pa.FixedSizeListArray.from_arrays(flat, type=schema.field("vector").type)]
            table.append(pa.table(columns, schema=schema))
        table.optimize()
        table.gc(0.0)

    def open(self):
        self.table = self.connect().open_table("vectors")

    def search(self, query, k, setting, label):
        words = {"filter_column": "sets", "filter_query": WORDS[label]} if label else {}
        found = self.table.vector_search("vector", query, k, projection=["row"], **words)
        return found["row"].to_numpy()


VARIANTS = {"default": Infino}
