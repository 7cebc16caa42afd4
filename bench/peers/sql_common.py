# SPDX-License-Identifier: Apache-2.0
"""What the Python peers of the SQL benchmark share: as bench/statements.c times and checks statements."""
import json
import time

import pyarrow as pa
import pyarrow.compute as pc

WARM_UPS, LEAST_ROUNDS = 3, 15
LEAST_SECONDS, MOST_SECONDS = 0.5, 2.0


def is_text(kind):
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def is_number(kind):
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def check(batches):
    """Rows, the sum of the last column of numbers, the sum of all bytes of texts."""
    rows, total, text_bytes = 0, 0.0, 0
    for batch in batches:
        rows += batch.num_rows
        kinds = [field.type for field in batch.schema]
        for column, kind in zip(batch.columns, kinds):
            if is_text(kind):
                text_bytes += sum(sum(text.encode()) for text in column.to_pylist() if text is not None)
        last = [at for at, kind in enumerate(kinds) if is_number(kind)]
        if last and batch.num_rows:
            total += pc.sum(batch.columns[last[-1]].cast(pa.float64(), safe=False)).as_py() or 0.0
    return f"{rows} rows, {total:.12g}, {text_bytes}"


def one_line(error):
    return " ".join(str(error).split())[:400]


def timed(run, sql):
    """Times of rounds in microseconds, and the mean of their processor time."""
    begin = time.perf_counter()
    for _ in range(WARM_UPS - 1):
        if time.perf_counter() - begin < MOST_SECONDS:
            run(sql)
    times = []
    begin, cpu = time.perf_counter(), time.process_time()
    while True:
        start = time.perf_counter()
        run(sql)
        end = time.perf_counter()
        times.append((end - start) * 1e6)
        if end - begin >= MOST_SECONDS or (len(times) >= LEAST_ROUNDS and end - begin >= LEAST_SECONDS):
            return sorted(times), (time.process_time() - cpu) * 1e6 / len(times)


def run_statements(engine, path, run):
    """`run` runs a statement and gives its Arrow batches, all of them."""
    with open(path, encoding="utf-8") as lines:
        for text in lines:
            name, sql = text.rstrip("\n").split("\t")
            line = {"engine": engine, "suite": "sql", "name": name}
            try:
                found = check(run(sql))
                times, cpu = timed(run, sql)
                line.update(unit="us", best=round(times[0], 2), p50=round(times[len(times) // 2], 2),
                            p99=round(times[min(len(times) - 1, len(times) * 99 // 100)], 2), cpu=round(cpu, 2), n=len(times),
                            check=found)
            except Exception as error:  # pylint: disable=broad-except # each engine has its own
                line["failed"] = one_line(error)
            print(json.dumps(line), flush=True)
