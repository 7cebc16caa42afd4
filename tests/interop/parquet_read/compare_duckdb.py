#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what read_tool finds in Parquet files with what pyarrow and DuckDB find in them.

    compare_duckdb.py READ_TOOL [--public FOLDER] [--work FOLDER]

Files: the public collection (when the folder exists) and a matrix written here with pyarrow: all
types x encodings x codecs x page versions, nulls, lists, structs, dictionaries, page indexes. Each is
read by our scan, by row number and by a selection. Exit status 1 when anything differs.
"""
import argparse
import decimal
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}

# Public files that a peer reads differently, with the reason.
PYARROW_DIFFERS = {
    "map_no_value.parquet": "keys without values: a list of keys there, of structs with a key here",
}
DUCKDB_DIFFERS = {
    "int96_from_spark.parquet": "years past 2262: nanoseconds wrap here (as in pyarrow), not in microseconds",
}
# The reader's own refusals are listed, with their reasons, in tests/unit/parquet/test_reader_public.c.
REFUSED = {"rle-dict-uncompressed-corrupt-checksum.parquet"}


def canon_float(v):
    return "f:nan" if v != v else "f:%016x" % struct.unpack("<Q", struct.pack("<d", v))[0]


def canon(array):
    """The canonical values of an Arrow array, as read_tool prints them (after json.loads)."""
    t = array.type
    if isinstance(array, pa.ChunkedArray):
        return [v for chunk in array.chunks for v in canon(chunk)]
    if pa.types.is_dictionary(t):
        return canon(array.cast(t.value_type))
    if isinstance(array, pa.ExtensionArray):
        return canon(array.storage)
    if pa.types.is_timestamp(t) or pa.types.is_duration(t) or pa.types.is_time64(t):
        return [None if v is None else "t:%d" % (v * NS[t.unit]) for v in array.cast(pa.int64()).to_pylist()]
    if pa.types.is_time32(t):
        return [None if v is None else "t:%d" % (v * NS[t.unit]) for v in array.cast(pa.int32()).to_pylist()]
    if pa.types.is_date32(t):
        return [None if v is None else "t:%d" % (v * 86400 * 10**9) for v in array.cast(pa.int32()).to_pylist()]
    if pa.types.is_date64(t):
        return [None if v is None else "t:%d" % (v * 10**6) for v in array.cast(pa.int64()).to_pylist()]
    if pa.types.is_floating(t):
        return [None if v is None else canon_float(float(v)) for v in array.to_pylist()]
    if pa.types.is_decimal(t):
        with decimal.localcontext() as context:
            context.prec = 80
            return [None if v is None else "d:%d" % int(v.scaleb(t.scale)) for v in array.to_pylist()]
    if pa.types.is_string(t) or pa.types.is_large_string(t):
        return [None if v is None else "s:" + v for v in array.to_pylist()]
    if pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t):
        return [None if v is None else "x:" + v.hex() for v in array.to_pylist()]
    if pa.types.is_map(t):
        keys, items = canon(array.keys), canon(array.items)
        offsets = array.offsets.to_pylist()
        return [
            None if not valid else [[keys[k], items[k]] for k in range(offsets[i], offsets[i + 1])]
            for i, valid in enumerate(array.is_valid().to_pylist())
        ]
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        values, offsets = canon(array.values), array.offsets.to_pylist()
        return [
            None if not valid else values[offsets[i] : offsets[i + 1]]
            for i, valid in enumerate(array.is_valid().to_pylist())
        ]
    if pa.types.is_fixed_size_list(t):
        values, n, o = canon(array.values), t.list_size, array.offset
        return [
            None if not valid else values[(o + i) * n : (o + i + 1) * n]
            for i, valid in enumerate(array.is_valid().to_pylist())
        ]
    if pa.types.is_struct(t):
        children = [canon(array.field(i)) for i in range(t.num_fields)]
        return [
            None if not valid else [c[i] for c in children]
            for i, valid in enumerate(array.is_valid().to_pylist())
        ]
    return array.to_pylist()


def table_rows(table):
    columns = [canon(table.column(i)) for i in range(table.num_columns)]
    return [list(row) for row in zip(*columns)] if columns else []


def ours(tool, path, mode):
    done = subprocess.run([tool, path, mode], capture_output=True)
    if done.returncode != 0:
        raise RuntimeError("read_tool %s: %s" % (mode, done.stderr.decode("utf-8", "replace").strip()))
    lines = done.stdout.decode("utf-8").split("\n")
    return [json.loads(line) for line in lines[1:] if line]


def loosen(value):
    """DuckDB's types are coarser: times in microseconds, no half floats, text in place of enums."""
    if isinstance(value, list):
        return [loosen(v) for v in value]
    if isinstance(value, str) and value.startswith("t:"):
        return "t:%d" % (int(value[2:]) // 1000)
    return value


def differences(a, b):
    if len(a) != len(b):
        return "%d rows against %d" % (len(a), len(b))
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            for c, (u, v) in enumerate(zip(x, y)):
                if u != v:
                    return "row %d column %d: ours %.200r, theirs %.200r" % (i, c, u, v)
            return "row %d: ours has %d columns, theirs %d" % (i, len(x), len(y))
    return None


def selected(rows):
    return [row for i, row in enumerate(rows) if i % 5 < 2 and i - i % 5 + 1 < len(rows)]


class Checker:
    def __init__(self, tool):
        self.tool, self.failures, self.checks = tool, [], 0

    def expect(self, path, what, a, b):
        self.checks += 1
        found = differences(a, b)
        if found:
            self.failures.append("%s, %s: %s" % (os.path.basename(path), what, found))

    def file(self, path):
        try:
            rows = ours(self.tool, path, "scan")
            self.expect(path, "fetch", ours(self.tool, path, "fetch"), rows)
            self.expect(path, "select", ours(self.tool, path, "select"), selected(rows))
        except (RuntimeError, ValueError) as error:
            self.failures.append("%s: %s" % (os.path.basename(path), error))
            return
        name = os.path.basename(path)
        for peer, reasons in (("pyarrow", PYARROW_DIFFERS), ("DuckDB", DUCKDB_DIFFERS)):
            if name in reasons:
                print("%s: %s differs: %s" % (name, peer, reasons[name]))
        if name not in PYARROW_DIFFERS:
            try:
                theirs = table_rows(pq.ParquetFile(path).read())
            except Exception as error:
                print("%s: not compared with pyarrow, which says: %.150s" % (os.path.basename(path), error))
            else:
                self.expect(path, "pyarrow", rows, theirs)
        if name not in DUCKDB_DIFFERS:
            try:
                theirs = duckdb.sql("SELECT * FROM read_parquet('%s')" % path).to_arrow_table()
            except Exception as error:
                print("%s: not compared with DuckDB, which says: %.150s" % (os.path.basename(path), error))
            else:
                self.expect(path, "DuckDB", [loosen(r) for r in rows], [loosen(r) for r in table_rows(theirs)])


def with_nulls(rng, values, share):
    return [None if rng.random() < share else v for v in values]


def text(rng):
    words = ["", "a", "zwölf Bytes", "exactly12byt", "thirteen byte", "日本語のテキスト", "x" * 300, '"quoted"\\']
    return rng.choice(words) if rng.random() < 0.5 else "w%d" % rng.randrange(10**6)


def columns(rng, n, share):
    def col(make, kind):
        return pa.array(with_nulls(rng, [make() for _ in range(n)], share), kind)

    c = {
        "bool": col(lambda: rng.random() < 0.5, pa.bool_()),
        "f32": col(lambda: struct.unpack("<f", struct.pack("<f", rng.gauss(0, 1e3)))[0], pa.float32()),
        "f64": col(lambda: rng.choice([rng.gauss(0, 1), float("nan"), -0.0, float("inf")]), pa.float64()),
        "text": col(lambda: text(rng), pa.string()),
        "large_text": col(lambda: text(rng), pa.large_string()),
        "binary": col(lambda: bytes(rng.randrange(256) for _ in range(rng.randrange(20))), pa.binary()),
        "fixed": col(lambda: bytes(rng.randrange(256) for _ in range(7)), pa.binary(7)),
        "f16": pa.array(with_nulls(rng, [rng.gauss(0, 9) for _ in range(n)], share), pa.float32()).cast(pa.float16()),
        "few": col(lambda: rng.choice(["red", "green", "blue and quite long"]), pa.string()),
    }
    for bits in (8, 16, 32, 64):
        c["i%d" % bits] = col(lambda: rng.randrange(-(2 ** (bits - 1)), 2 ** (bits - 1)), getattr(pa, "int%d" % bits)())
        c["u%d" % bits] = col(lambda: rng.randrange(2**bits), getattr(pa, "uint%d" % bits)())
    return c


def other_columns(rng, n, share):
    def col(make, kind):
        return pa.array(with_nulls(rng, [make() for _ in range(n)], share), kind)

    def dec(digits, scale):
        return lambda: decimal.Decimal(rng.randrange(-(10**digits) + 1, 10**digits)).scaleb(-scale)

    decimal.getcontext().prec = 60
    item = lambda: None if rng.random() < share else rng.randrange(100)
    items = lambda make: [make() for _ in range(rng.choice([0, 1, 2, 3, 40]))]
    return {
        "date": col(lambda: rng.randrange(-30000, 30000), pa.date32()),
        "date64": col(lambda: rng.randrange(-30000, 30000) * 86400000, pa.date64()),
        "t_s": col(lambda: rng.randrange(86400), pa.time32("s")),
        "t_ms": col(lambda: rng.randrange(86400000), pa.time32("ms")),
        "t_us": col(lambda: rng.randrange(86400 * 10**6), pa.time64("us")),
        "ts_s": col(lambda: rng.randrange(-(10**9), 10**9), pa.timestamp("s")),
        "ts_ms": col(lambda: rng.randrange(-(10**12), 10**12), pa.timestamp("ms")),
        "ts_us": col(lambda: rng.randrange(-(10**15), 10**15), pa.timestamp("us", "UTC")),
        "ts_ns": col(lambda: rng.randrange(-(10**18), 10**18), pa.timestamp("ns")),
        "d5": col(dec(5, 2), pa.decimal128(5, 2)),
        "d15": col(dec(15, 4), pa.decimal128(15, 4)),
        "d38": col(dec(38, 10), pa.decimal128(38, 10)),
        "tags": col(lambda: items(lambda: None if rng.random() < share else text(rng)), pa.list_(pa.string())),
        "ints": col(lambda: items(item), pa.large_list(pa.int32())),
        "vector": col(lambda: [float(rng.randrange(8)) for _ in range(24)], pa.list_(pa.float32(), 24)),
        "point": col(lambda: {"x": item(), "y": text(rng)}, pa.struct([("x", pa.int64()), ("y", pa.string())])),
        "deep": col(lambda: items(lambda: {"k": item(), "v": items(item)}),
                    pa.list_(pa.struct([("k", pa.int16()), ("v", pa.list_(pa.int8()))]))),
        "map": col(lambda: [("k%d" % i, item()) for i in range(rng.randrange(4))], pa.map_(pa.string(), pa.int32())),
    }


ENCODINGS = {
    "PLAIN": None,
    "DELTA_BINARY_PACKED": ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"],
    "DELTA_LENGTH_BYTE_ARRAY": ["text", "large_text", "binary", "few"],
    "DELTA_BYTE_ARRAY": ["text", "large_text", "binary", "few", "fixed"],
    "BYTE_STREAM_SPLIT": ["f32", "f64", "f16", "i32", "i64", "fixed"],
    "RLE": ["bool"],
}


def matrix(folder, seed):
    """Writes the files and gives their paths."""
    rng = random.Random(seed)
    n = 1500
    for share in (0.0, 0.3):
        data = columns(rng, n, share)
        for encoding, names in ENCODINGS.items():
            chosen = {k: v for k, v in data.items() if names is None or k in names}
            for version in ("1.0", "2.0"):
                path = os.path.join(folder, "%s_v%s_%d.parquet" % (encoding, version[0], share * 10))
                pq.write_table(
                    pa.table(chosen), path, use_dictionary=False, data_page_version=version,
                    column_encoding={k: encoding for k in chosen} if encoding != "PLAIN" else None,
                    compression=rng.choice(["NONE", "SNAPPY"]), data_page_size=rng.choice([2000, 20000, 1 << 20]),
                    write_page_index=rng.random() < 0.5, write_page_checksum=rng.random() < 0.5,
                    row_group_size=rng.choice([600, n]))
                yield path
        for codec in ("NONE", "SNAPPY", "GZIP", "ZSTD", "LZ4"):
            for version in ("1.0", "2.0"):
                path = os.path.join(folder, "%s_v%s_%d.parquet" % (codec, version[0], share * 10))
                pq.write_table(pa.table({**data, **other_columns(rng, n, share)}), path, compression=codec,
                               data_page_version=version, data_page_size=rng.choice([3000, 1 << 20]),
                               dictionary_pagesize_limit=rng.choice([2000, 1 << 20]),
                               write_page_index=version == "2.0", write_page_checksum=True,
                               row_group_size=rng.choice([400, n]))
                yield path
    path = os.path.join(folder, "int96.parquet")
    stamps = pa.array([rng.randrange(-(10**15), 10**15) for _ in range(1000)], pa.timestamp("us"))
    pq.write_table(pa.table({"t": stamps}), path, use_deprecated_int96_timestamps=True)
    yield path
    path = os.path.join(folder, "duckdb.parquet")
    duckdb.sql("COPY (SELECT range AS i, range %% 7 AS few, 'text ' || range AS t, [range, NULL] AS l, "
               "{'a': range, 'b': NULL} AS s, range / 3.0 AS d FROM range(9000)) TO '%s' "
               "(FORMAT parquet, ROW_GROUP_SIZE 4096, PARQUET_VERSION v2)" % path)
    yield path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--public", help="folder parquet-testing/data")
    parser.add_argument("--work", help="folder for written files; default: a temporary one")
    parser.add_argument("--seed", type=int, default=20261122)
    arguments = parser.parse_args()
    checker = Checker(arguments.tool)
    with tempfile.TemporaryDirectory() as temporary:
        print("seed %d" % arguments.seed)
        for path in matrix(arguments.work or temporary, arguments.seed):
            checker.file(path)
    if arguments.public and os.path.isdir(arguments.public):
        for name in sorted(os.listdir(arguments.public)):
            if name.endswith(".parquet") and name not in REFUSED:
                checker.file(os.path.join(arguments.public, name))
    else:
        print("public files are not here: skipped")
    print("%d comparisons, %d failures" % (checker.checks, len(checker.failures)))
    for failure in checker.failures:
        print("FAILED " + failure)
    return 1 if checker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
