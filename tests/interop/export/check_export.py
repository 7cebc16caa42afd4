# SPDX-License-Identifier: Apache-2.0
"""Other tools read exports of every format and find the same rows.

usage: check_export.py INLAY_TOOL WORK_FOLDER

A Parquet file of many types, nulls and awkward values is imported and exported; DuckDB and pyarrow compare what
they read with the source, Inlay imports its own Parquet export again.
"""
import datetime
import decimal
import json
import math
import pathlib
import shutil
import subprocess
import sys

import duckdb
import pyarrow
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

ROWS = 5000
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
TEXTS = ["", "plain", 'a "quoted" word', "comma, tab\tand\nline\r\nends", " spaces ", "\\N", "NULL", "#x", "ä 中文 \u2028", "'", "0"]


def column(make):
    """Every seventh row is null."""
    return [None if n % 7 == 3 else make(n) for n in range(ROWS)]


def source_table():
    day = datetime.timedelta(days=1)
    columns = {
        "n": pyarrow.array(range(ROWS), pyarrow.int64()),
        "flag": pyarrow.array(column(lambda n: n % 2 == 0), pyarrow.bool_()),
        "i8": pyarrow.array(column(lambda n: n % 256 - 128), pyarrow.int8()),
        "i64": pyarrow.array(column(lambda n: (-1) ** n * (2**63 - 1 - n)), pyarrow.int64()),
        "u64": pyarrow.array(column(lambda n: 2**64 - 1 - n), pyarrow.uint64()),
        "f32": pyarrow.array(column(lambda n: n / 7), pyarrow.float32()),
        "f64": pyarrow.array(column(lambda n: math.pi * 10.0 ** (n % 600 - 300)), pyarrow.float64()),
        "text": pyarrow.array(column(lambda n: TEXTS[n % len(TEXTS)] + ("" if n % 2 else str(n))), pyarrow.string()),
        "blob": pyarrow.array(column(lambda n: bytes([n % 256, 0, 255])), pyarrow.binary()),
        "day": pyarrow.array(column(lambda n: (EPOCH + (n - 2000) * day).date()), pyarrow.date32()),
        "clock": pyarrow.array(column(lambda n: datetime.time(n % 24, n % 60, 1, n)), pyarrow.time64("us")),
        "stamp": pyarrow.array(column(lambda n: EPOCH + (n - 2000) * day / 7), pyarrow.timestamp("us")),
        "instant": pyarrow.array(column(lambda n: (EPOCH + n * day / 3).replace(tzinfo=UTC)), pyarrow.timestamp("us", "UTC")),
        "price": pyarrow.array(column(lambda n: decimal.Decimal(n - 2500) / 100), pyarrow.decimal128(9, 2)),
        "huge": pyarrow.array(column(lambda n: decimal.Decimal(10**37 + n)), pyarrow.decimal128(38, 0)),
        "list": pyarrow.array(column(lambda n: [None if i == 2 else i for i in range(n % 4)]), pyarrow.list_(pyarrow.int32())),
        "pair": pyarrow.array(column(lambda n: {"a": n, "b": TEXTS[n % len(TEXTS)]}),
                              pyarrow.struct([("a", pyarrow.int64()), ("b", pyarrow.string())])),
    }
    return pyarrow.table(columns)


class Tool:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, *arguments):
        command = [self.program, "--db", str(self.folder / "db"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def export(self, name, table="t"):
        path = self.folder / name
        said = json.loads(self.run("export", f"SELECT * EXCLUDE (_id) FROM {table} ORDER BY n", str(path), "--json"))
        assert said["rows"] == ROWS and said["bytes"] == path.stat().st_size, said
        return path


def same_rows(found, expected, what):
    assert found.column_names == expected.column_names, (what, found.column_names)
    for name in expected.column_names:
        a, b = found[name].to_pylist(), expected[name].to_pylist()
        assert a == b, (what, name, next((x, y) for x, y in zip(a, b) if x != y))


def check_parquet(path, expected):
    file = pyarrow.parquet.ParquetFile(path)
    same_rows(file.read(), expected, "pyarrow reads Parquet")
    for name in ("flag", "i64", "f64", "text", "price"):
        assert file.schema_arrow.field(name).type == expected.schema.field(name).type, name
    assert file.schema_arrow.field("instant").type.tz, "the instant lost its zone"
    chunk = file.metadata.row_group(0).column(0)
    assert chunk.compression == "ZSTD" and chunk.statistics.min == 0 and chunk.has_column_index, chunk
    # The engine compares for itself: rows on one side only.
    duckdb.register("expected", expected)
    for one, other in (("expected", f"'{path}'"), (f"'{path}'", "expected")):
        different = duckdb.sql(f"SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other})").fetchone()[0]
        assert different == 0, (one, different)


def check_csv(path, expected, delimiter):
    texts = {name: "VARCHAR" for name in expected.column_names}
    found = duckdb.execute(f"SELECT * FROM read_csv('{path}', header = true, all_varchar = true, delim = ?, quote = '\"', "
                           "escape = '\"', nullstr = '', allow_quoted_nulls = false, strict_mode = true)",
                           [delimiter]).fetchall()
    options = pyarrow.csv.ConvertOptions(column_types={name: pyarrow.string() for name in expected.column_names},
                                         null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False)
    arrow = pyarrow.csv.read_csv(path, parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                                 convert_options=options)
    assert [tuple(row.values()) for row in arrow.to_pylist()] == found, "the two readers of CSV differ"
    assert len(found) == ROWS, len(found)
    for row, want in zip(found, expected.to_pylist()):
        got = dict(zip(expected.column_names, row))
        for name in ("text", "i64", "u64", "huge", "price"):
            assert got[name] == (None if want[name] is None else str(want[name])), (name, got[name], want[name])
        assert got["f64"] is None or float(got["f64"]) == want["f64"], got["f64"]
        assert got["blob"] is None or bytes.fromhex(got["blob"][2:]) == want["blob"], got["blob"]
        assert got["flag"] == (None if want["flag"] is None else str(want["flag"]).lower())
        assert got["stamp"] is None or datetime.datetime.fromisoformat(got["stamp"]) == want["stamp"], got["stamp"]
        assert got["list"] is None or json.loads(got["list"]) == want["list"], got["list"]
        assert got["pair"] is None or json.loads(got["pair"]) == want["pair"], got["pair"]


def check_ndjson(path, expected):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    assert len(rows) == ROWS and list(rows[0]) == expected.column_names
    for got, want in zip(rows, expected.to_pylist()):
        for name in ("n", "flag", "i8", "i64", "u64", "f64", "text", "list", "pair"):
            assert got[name] == want[name], (name, got[name], want[name])
        for name in ("huge", "price", "day"):
            assert got[name] == (None if want[name] is None else str(want[name])), (name, got[name], want[name])
    duckdb.register("expected", expected)
    different = duckdb.sql(f"SELECT count(*) FROM expected JOIN read_json('{path}', format='newline_delimited') j USING (n) "
                           "WHERE j.i8 IS DISTINCT FROM expected.i8 OR j.text IS DISTINCT FROM expected.text "
                           "OR from_base64(j.blob) IS DISTINCT FROM expected.blob").fetchone()[0]
    assert different == 0, different


def main():
    program, work = sys.argv[1], pathlib.Path(sys.argv[2])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    expected = source_table()
    source = work / "source.parquet"
    pyarrow.parquet.write_table(expected, source)
    tool = Tool(program, work)
    tool.run("import", "t", str(source))

    exported = tool.export("out.parquet")
    check_parquet(exported, expected)
    with pyarrow.ipc.open_stream(tool.export("out.arrow")) as stream:
        same_rows(stream.read_all(), expected, "pyarrow reads an IPC stream")
    check_csv(tool.export("out.csv"), expected, ",")
    check_csv(tool.export("out.tsv"), expected, "\t")
    check_ndjson(tool.export("out.ndjson"), expected)

    tool.run("import", "again", str(exported))
    check_parquet(tool.export("again.parquet", "again"), expected)
    tool.run("export", "--table", "t", str(work / "whole.parquet"))
    assert pyarrow.parquet.read_schema(work / "whole.parquet").names == ["_id", *expected.column_names]
    tool.run("export", "SELECT * EXCLUDE (_id) FROM t WHERE n < 0", str(work / "none.parquet"))
    empty = pyarrow.parquet.read_table(work / "none.parquet")
    assert empty.num_rows == 0 and empty.column_names == expected.column_names
    assert duckdb.sql(f"SELECT count(*) FROM '{work / 'none.parquet'}'").fetchone() == (0,)
    assert not [p for p in work.iterdir() if p.name.endswith(".part")]
    print(f"{ROWS} rows of {expected.num_columns} columns, five formats: as they were")


if __name__ == "__main__":
    main()
