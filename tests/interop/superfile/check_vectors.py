# SPDX-License-Identifier: Apache-2.0
"""Other tools read the embeddings of a superfile with vector indexes as plain lists, value by value.

usage: check_vectors.py VECTOR_TOOL WORK_FOLDER NODE_MODULES
"""
import json
import pathlib
import subprocess
import sys

import duckdb
import pyarrow
import pyarrow.parquet as parquet

ROWS = 3_000
DIMS = {"single": 40, "half": 24, "wide": 3, "small": 17}
CHECK_JS = """
import { asyncBufferFromFile, parquetReadObjects } from '%s/hyparquet/src/node.js'
const file = await asyncBufferFromFile(process.argv[2])
const rows = await parquetReadObjects({ file, columns: %s })
console.log(JSON.stringify(rows.map(row => Object.fromEntries(Object.entries(row).map(
  ([name, list]) => [name, list == null ? null : Array.from(list, Number)])))))
"""


def expected_rows():
    for r in range(ROWS):
        yield {name: None if r % 7 == 3 else
               [(((31 * r + 7 * k + c) % 201) - 100) / (1 if name == "small" else 8) for k in range(dim)]
               for c, (name, dim) in enumerate(DIMS.items())}


def main():
    tool, work, node_modules = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    path = work / "vectors.parquet"
    subprocess.run([tool, str(path), str(ROWS)], check=True)
    rows = list(expected_rows())

    file = parquet.ParquetFile(path, page_checksum_verification=True)
    table = file.read(columns=list(DIMS))
    assert table.schema.field("single").type == pyarrow.list_(pyarrow.float32(), 40), table.schema
    assert table.schema.field("half").type == pyarrow.list_(pyarrow.float16(), 24), table.schema
    assert table.to_pylist() == rows, "pyarrow: values"
    for i in range(file.metadata.num_columns):
        chunk = file.metadata.row_group(0).column(i)
        if chunk.path_in_schema != "_id":
            assert chunk.compression == "UNCOMPRESSED" and not chunk.is_stats_set, chunk
            assert set(chunk.encodings) == {"PLAIN", "RLE"}, chunk

    with duckdb.connect() as connection:
        got = connection.execute(f"SELECT {', '.join(DIMS)} FROM read_parquet(?) ORDER BY _id", [str(path)]).fetchall()
    for row, want in zip(got, rows, strict=True):
        for value, wanted in zip(row, want.values()):
            assert (None if value is None else list(value)) == wanted, (value, wanted)

    script = work / "check.mjs"
    script.write_text(CHECK_JS % (node_modules, json.dumps(list(DIMS))), encoding="utf-8")
    done = subprocess.run(["node", str(script), str(path)], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == rows, "hyparquet: values"
    print(f"pyarrow, DuckDB and hyparquet read the vectors of {ROWS} rows as written")


if __name__ == "__main__":
    main()
