# SPDX-License-Identifier: Apache-2.0
"""infino: the rows of each Parquet file in a commit of its own; statements through query_sql.

usage: sql_infino.py make PARQUET_FOLDER FOLDER INDEXES | run FOLDER CACHE STATEMENTS
INDEXES: text columns, with commas; column emb gets a vector index when the files have it. It takes as many
threads as it may use cores.
"""
import glob
import os
import sys

import infino
import pyarrow as pa
import pyarrow.parquet as pq
from sql_common import run_statements


def taken_type(field):
    """It indexes large_utf8 only, and vectors of float32 with a child named item."""
    if pa.types.is_fixed_size_list(field.type):
        return pa.list_(pa.field("item", pa.float32()), field.type.list_size)
    if pa.types.is_string(field.type) or pa.types.is_dictionary(field.type) or pa.types.is_string_view(field.type):
        return pa.large_utf8()
    return field.type


def make(parquet, folder, indexed):
    table = None
    for path in sorted(glob.glob(os.path.join(parquet, "*.parquet"))):
        rows = pq.read_table(path).drop_columns("_id")
        schema = pa.schema([(field.name, taken_type(field)) for field in rows.schema])
        if table is None:
            indexes = infino.IndexSpec()
            for name in filter(None, indexed.split(",")):
                indexes = indexes.fts(name)
            if "emb" in schema.names:
                indexes = indexes.vector("emb", schema.field("emb").type.list_size, "cosine")
            table = infino.connect(folder).create_table("docs", schema, indexes)
        for begin in range(0, rows.num_rows, 1_000_000):
            table.append(rows.slice(begin, 1_000_000).cast(schema))


def run(folder, cache, statements):
    connection = infino.connect(folder, cache_dir=cache, cache_budget_bytes=8 << 30)
    run_statements("infino", statements, lambda sql: connection.query_sql(sql).to_batches())


if sys.argv[1] == "make":
    make(*sys.argv[2:5])
else:
    run(*sys.argv[2:5])
