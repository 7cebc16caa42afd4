# SPDX-License-Identifier: Apache-2.0
"""What the Python peers share: the documents of the superfile, the queries, and the output lines."""
import json
import time

import pyarrow.parquet as pq

COLUMNS = ["n", "title", "body"]
PASSES = 3
SECONDS_PER_KIND = 4


def documents(path, rows_per_batch=50_000):
    """The table's rows, read from the superfile, which is a Parquet file."""
    return pq.ParquetFile(path).iter_batches(batch_size=rows_per_batch, columns=COLUMNS)


def queries(path):
    """name -> (action, operator, [words]) from `inlay_bench queries`."""
    kinds = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, action, operator, words = line.rstrip("\n").split("\t")
            if action != "sql":
                kinds.setdefault(name, (action, operator, []))[2].append(words)
    return kinds


def report(engine, suite, name, unit, p50, check="", p99=None, n=1, best=None):
    line = {"engine": engine, "suite": suite, "name": name, "unit": unit, "p50": round(p50, 2)}
    if p99 is not None:
        line.update(best=round(best, 2), p99=round(p99, 2))
    line.update(n=n, check=str(check))
    print(json.dumps(line), flush=True)


def time_queries(engine, name, prepared, run):
    """Runs every prepared query PASSES times, the first to warm up; `run` gives the rows found. An
    engine that is slow runs as many as fit in SECONDS_PER_KIND, and its total is not compared."""
    times = []
    begin = time.perf_counter()
    run(prepared[0])
    for turn in range(PASSES):
        found = 0
        for query in prepared:
            start = time.perf_counter()
            if start - begin > SECONDS_PER_KIND and times:
                found = ""
                break
            found += run(query)
            if turn or start - begin > SECONDS_PER_KIND / PASSES:
                times.append((time.perf_counter() - start) * 1e6)
        if found == "":
            break
    times.sort()
    report(engine, "text", name, "us", times[len(times) // 2], found,
           times[len(times) * 99 // 100], len(times), times[0])


def peak_memory():
    with open("/proc/self/status", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def report_append(engine, rows, text_bytes, wall, cpu):
    report(engine, "append", "text per processor second", "MB/s", text_bytes / 1e6 / cpu, rows)
    report(engine, "append", "text per second", "MB/s", text_bytes / 1e6 / wall, rows)
    report(engine, "append", "peak memory", "MiB", peak_memory(), rows)
