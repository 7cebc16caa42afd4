# SPDX-License-Identifier: Apache-2.0
"""Other tools read a table's superfiles as the plain Parquet files that they are.

usage: check_superfile.py INLAY_TOOL WORK_FOLDER NODE_MODULES

A table is imported through the command line tool; pyarrow, DuckDB and hyparquet then read its files with no
Inlay involved, and must see every row and value, page index and statistics included.
"""
import decimal
import json
import pathlib
import shutil
import subprocess
import sys

import duckdb
import pyarrow.parquet as parquet

ROWS = 20_000
CHECK_JS = """
import { asyncBufferFromFile, parquetReadObjects } from '%s/hyparquet/src/node.js'
import { compressors } from '%s/hyparquet-compressors/src/index.js'
const file = await asyncBufferFromFile(process.argv[2])
const rows = await parquetReadObjects({ file, compressors, columns: ['n', 'title', 'kind'] })
console.log(JSON.stringify({ count: rows.length, first: rows[0].title, last: rows.at(-1).title,
  sum: Number(rows.reduce((a, r) => a + BigInt(r.n), 0n)) }))
"""


def expected_rows():
    for n in range(ROWS):
        yield {"n": n, "title": f"Title of row {n}", "kind": ["whale", "ship", "storm"][n % 3],
               "body": None if n % 11 == 5 else f"Row {n} tells of the sea, number {n * 7919 % 1000}, and nothing else.",
               "weight": n / 8, "tags": [f"t{n % 5}"] * (n % 3)}


def main():
    tool, work, node_modules = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    rows = list(expected_rows())
    source = work / "rows.ndjson"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    subprocess.run([tool, "--db", str(work / "db"), "import", "rows", str(source), "--text", "body", "--no-progress"],
                   check=True)
    files = sorted((work / "db").glob("rows*/data/*.parquet"))
    assert files, "the import left no Parquet file"

    table = parquet.read_table(files[0])
    assert table.num_rows == ROWS, table.num_rows
    assert table.column_names[0] == "_id" and str(table.schema.field("_id").type) == "decimal128(38, 0)"
    ids = table.column("_id").to_pylist()
    assert ids == sorted(ids) and len(set(ids)) == ROWS and isinstance(ids[0], decimal.Decimal)
    assert [{k: row[k] for k in rows[0]} for row in table.select(list(rows[0])).to_pylist()] == rows, "pyarrow: values"
    metadata = parquet.ParquetFile(files[0]).metadata
    names = {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}
    chunk = metadata.row_group(0).column(names["n"])
    assert chunk.has_offset_index and chunk.has_column_index, "no page index"
    assert chunk.statistics.min == 0 and chunk.statistics.null_count == 0, chunk.statistics
    nulls = sum(metadata.row_group(g).column(names["body"]).statistics.null_count for g in range(metadata.num_row_groups))
    assert nulls == sum(row["body"] is None for row in rows), nulls
    parquet.ParquetFile(files[0], page_checksum_verification=True).read()

    with duckdb.connect() as connection:
        got = connection.execute("SELECT count(*), sum(n), count(body), max(title), sum(len(tags)) FROM read_parquet(?)",
                                 [str(files[0])]).fetchone()
        want = (ROWS, sum(r["n"] for r in rows), sum(r["body"] is not None for r in rows), max(r["title"] for r in rows),
                sum(len(r["tags"]) for r in rows))
        assert got == want, (got, want)
        keys = dict(connection.execute("SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)",
                                       [str(files[0])]).fetchall())
        assert keys["inlay.version"] == "1" and "ARROW:schema" in keys, keys

    script = work / "check.mjs"
    script.write_text(CHECK_JS % (node_modules, node_modules), encoding="utf-8")
    done = subprocess.run(["node", str(script), str(files[0])], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == {"count": ROWS, "first": rows[0]["title"], "last": rows[-1]["title"],
                                       "sum": sum(r["n"] for r in rows)}, done.stdout
    print(f"pyarrow, DuckDB and hyparquet read {ROWS} rows of {files[0].name} as written")


if __name__ == "__main__":
    main()
