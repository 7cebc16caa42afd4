# SPDX-License-Identifier: Apache-2.0
"""infino: append the same documents in one commit, run the same queries through its Python package.

usage: infino_peer.py append|text SUPERFILE FOLDER QUERIES
One append makes one superfile there, so the rows are in memory as one Arrow table first.
"""
import sys
import time

import infino
import pyarrow as pa
from common import documents, queries, report_append, time_queries

ENGINE = "infino"


def append(superfile, folder):
    rows = pa.Table.from_batches(documents(superfile))
    rows = rows.cast(pa.schema([("n", pa.int64())] +  # it indexes large_utf8 only
                               [(name, pa.large_utf8()) for name in ("title", "body")]))
    text_bytes = sum(rows.column(name).nbytes for name in ("title", "body"))
    indexes = infino.IndexSpec().fts("title").fts("body", positions=True)
    table = infino.connect(folder).create_table("docs", rows.schema, indexes)
    wall = time.perf_counter()
    cpu = time.process_time()
    table.append(rows)
    wall = time.perf_counter() - wall
    cpu = time.process_time() - cpu
    report_append(ENGINE, rows.num_rows, text_bytes, wall, cpu)


def text(folder, query_file):
    table = infino.connect(folder, cache_dir=folder + "-cache",
                           cache_budget_bytes=8 << 30).open_table("docs")
    for name, (action, operator, all_words) in queries(query_file).items():
        mode = "and" if operator == "and" else "or"
        prepared = [f'"{words}"' if operator == "phrase" else words for words in all_words]
        if action == "count":
            run = lambda q: table.count("body", q, mode)  # noqa: E731
        else:
            run = lambda q: table.bm25_search("body", q, 10, mode).num_rows  # noqa: E731
        time_queries(ENGINE, name, prepared, run)


if sys.argv[1] == "append":
    append(sys.argv[2], sys.argv[3])
else:
    text(sys.argv[3], sys.argv[4])
