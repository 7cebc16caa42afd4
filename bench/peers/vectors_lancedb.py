# SPDX-License-Identifier: Apache-2.0
"""LanceDB: its IVF indexes on a local table, refined by the raw vectors; filters are prefilters."""
import os

os.environ.setdefault("LANCE_LOG", "error")

import lancedb  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
from lancedb.index import Bitmap, HnswSq, IvfPq, IvfRq  # noqa: E402
from vectors_common import SET_NAMES, Peer  # noqa: E402


class Lance(Peer):
    def kind(self, metric):
        raise NotImplementedError

    def build(self, base, sets):
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(base.ravel()), self.dataset.dim)
        rows = pa.table({"row": np.arange(len(base)), "sets": sets, "vector": vectors})
        table = lancedb.connect(self.folder).create_table("vectors", rows)
        table.create_index("vector", config=self.kind(self.dataset.metric))
        table.create_index("sets", config=Bitmap())
        table.wait_for_index(["vector_idx", "sets_idx"])

    def partitions(self):
        return max(16, round(self.dataset.rows ** 0.5))

    def open(self):
        self.table = lancedb.connect(self.folder).open_table("vectors")

    def chains(self, k, label):
        nprobes = [n for n in (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024) if n <= 2 * self.partitions()]
        return [[{"nprobes": n, "refine_factor": factor} for n in nprobes]
                for factor in ((4, 16) if k == 100 else (16, 64) if label else (4, 16, 64))]

    def search(self, query, k, setting, label):
        asked = self.table.search(query, vector_column_name="vector").limit(k)
        asked = asked.select(["row", "_distance"]).distance_type(self.dataset.metric)
        for name, value in setting.items():
            asked = getattr(asked, name)(value)
        if label:
            asked = asked.where(f"sets >= {SET_NAMES[label]}", prefilter=True)
        return asked.to_arrow()["row"].to_numpy()


class DefaultPq(Lance):
    engine, built_with = "LanceDB IVF_PQ, its defaults", "IvfPq(metric)"

    def kind(self, metric):
        return IvfPq(distance_type=metric)

    def partitions(self):
        return 64


class Rq(Lance):
    engine = "LanceDB IVF_RQ"

    @property
    def built_with(self):
        return f"IvfRq(metric, num_partitions={self.partitions()})"

    def kind(self, metric):
        return IvfRq(distance_type=metric, num_partitions=self.partitions())

    def default(self, k):
        return None  # its defaults are measured with the default index


class Hnsw(Lance):
    engine, built_with = "LanceDB IVF_HNSW_SQ", "HnswSq(metric, num_partitions=1)"

    def kind(self, metric):
        return HnswSq(distance_type=metric, num_partitions=1)

    def default(self, k):
        return None

    def chains(self, k, label):
        return [[{"ef": ef, "refine_factor": 2}
                 for ef in (16, 32, 64, 128, 256, 512, 1024) if ef >= 2 * k]]


VARIANTS = {"pq": DefaultPq, "rq": Rq, "hnsw": Hnsw}
