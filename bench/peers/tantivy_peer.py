# SPDX-License-Identifier: Apache-2.0
"""tantivy, one thread: build an index of the same documents, run the same queries.

usage: tantivy_peer.py append|text SUPERFILE INDEX_FOLDER QUERIES
Its Python package takes documents one by one: the time of that is in the append figure.
"""
import os
import sys
import time

import tantivy
from common import documents, queries, report, report_append, time_queries

ENGINE = "tantivy"
HEAP = 512 << 20


def schema():
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("n", stored=True)
    # The "default" tokenizer splits at what is no letter or digit, and lowercases.
    builder.add_text_field("title", stored=True, index_option="position")
    builder.add_text_field("body", stored=True, index_option="position")
    return builder.build()


def folder_bytes(folder):
    return sum(entry.stat().st_size for entry in os.scandir(folder))


def append(superfile, folder):
    os.makedirs(folder)
    index = tantivy.Index(schema(), path=folder)
    writer = index.writer(heap_size=HEAP, num_threads=1)
    rows = text_bytes = 0
    wall = cpu = 0.0
    for batch in documents(superfile):
        columns = [column.to_pylist() for column in batch.columns]
        text_bytes += sum(map(len, columns[1])) + sum(map(len, columns[2]))
        wall -= time.perf_counter()
        cpu -= time.process_time()
        for n, title, body in zip(*columns):
            writer.add_document(tantivy.Document(n=n, title=title, body=body))
        wall += time.perf_counter()
        cpu += time.process_time()
        rows += len(columns[0])
    wall -= time.perf_counter()
    cpu -= time.process_time()
    writer.commit()
    writer.wait_merging_threads()
    wall += time.perf_counter()
    cpu += time.process_time()
    report_append(ENGINE, rows, text_bytes, wall, cpu)
    report(ENGINE, "append", "size of the files", "MB", folder_bytes(folder) / 1e6, rows)


def text_query(index, operator, words):
    parts = words.split()
    if operator == "phrase":
        return tantivy.Query.phrase_query(index.schema, "body", parts)
    occur = tantivy.Occur.Must if operator == "and" else tantivy.Occur.Should
    terms = [(occur, tantivy.Query.term_query(index.schema, "body", part)) for part in parts]
    return terms[0][1] if len(terms) == 1 else tantivy.Query.boolean_query(terms)


def text(folder, query_file):
    index = tantivy.Index.open(folder)
    searcher = index.searcher()
    for name, (action, operator, all_words) in queries(query_file).items():
        prepared = [text_query(index, operator, words) for words in all_words]
        if action == "count":
            time_queries(ENGINE, name, prepared, lambda q: searcher.search(q, 1, count=True).count)
        else:
            time_queries(ENGINE, name, prepared,
                         lambda q: len(searcher.search(q, 10, count=False).hits))


if sys.argv[1] == "append":
    append(sys.argv[2], sys.argv[3])
else:
    text(sys.argv[3], sys.argv[4])
