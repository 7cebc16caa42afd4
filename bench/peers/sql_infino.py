# SPDX-License-Identifier: Apache-2.0
"""infino: the rows of each Parquet file in a commit of its own; statements through query_sql.

usage: sql_infino.py make PARQUET_FOLDER FOLDER INDEXES | warm FOLDER CACHE STATEMENTS | run FOLDER CACHE STATEMENTS
INDEXES: text columns, with commas; column emb gets a vector index when the files have it. It takes as many
threads as it may use cores. `warm` runs each statement once and waits until its disk cache, which is filled behind
the statements' backs, grows no more.
"""
import glob
import os
import sys
import time

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


def connect(folder, cache):
    return infino.connect(folder, cache_dir=cache, cache_budget_bytes=8 << 30)


def bytes_of(folder):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)


def warm(folder, cache, statements):
    connection = connect(folder, cache)
    with open(statements, encoding="utf-8") as lines:
        for line in lines:
            try:
                connection.query_sql(line.rstrip("\n").split("\t")[1])
            except Exception:  # pylint: disable=broad-except # the measured run reports it
                continue
    before = -1
    while before != bytes_of(cache):
        before = bytes_of(cache)
        time.sleep(2)


def run(folder, cache, statements):
    connection = connect(folder, cache)
    run_statements("infino", statements, lambda sql: connection.query_sql(sql).to_batches())


{"make": make, "warm": warm, "run": run}[sys.argv[1]](*sys.argv[2:5])
