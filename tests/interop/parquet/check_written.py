#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_written.py DIR: what write_tool put into DIR, as pyarrow and DuckDB see it.

For every NAME.parquet: pyarrow's and DuckDB's values against NAME.jsonl, row-group statistics and page
indexes against the values, Bloom filters by DuckDB's parquet_bloom_probe, and page checksums by
pyarrow. Exits 1 after printing every difference.
"""
import decimal
import glob
import json
import math
import os
import struct
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

decimal.getcontext().prec = 60
problems = []


def complain(text):
    problems.append(text)
    print("DIFFERENT:", text)


def int_text(n):
    return str(int(n))


def float_text(x):
    return "nan" if math.isnan(x) else "%.17g" % x


def decimal_hex(d, scale):
    return int(d.scaleb(scale)).to_bytes(16, "little", signed=True).hex()


def canonical_arrow(value, kind):
    """A pyarrow scalar in the form that write_tool prints."""
    if not value.is_valid:
        return None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [canonical_arrow(v, kind.value_type) for v in value.values]
    if pa.types.is_struct(kind):
        return {f.name: canonical_arrow(value[f.name], f.type) for f in kind}
    if pa.types.is_boolean(kind):
        return value.as_py()
    if pa.types.is_floating(kind):
        return float_text(float(value.as_py()))
    if pa.types.is_decimal(kind):
        return decimal_hex(value.as_py(), kind.scale)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return value.as_py().encode().hex()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or \
            pa.types.is_fixed_size_binary(kind):
        return value.as_py().hex()
    if pa.types.is_temporal(kind):
        return int_text(value.value)
    return int_text(value.as_py())


def compare_rows(name, reader, column, expected, found):
    if len(expected) != len(found):
        complain(f"{name}.{column} ({reader}): {len(found)} rows, expected {len(expected)}")
        return
    for row, (e, f) in enumerate(zip(expected, found)):
        if e != f:
            complain(f"{name}.{column} ({reader}) row {row}: {f!r}, expected {e!r}")
            return


EXPECTED_TYPES = {
    "_id": "decimal128(38, 0)", "large_utf8": "large_string", "large_binary": "large_binary",
    "fixed_binary": "fixed_size_binary[5]", "uint8": "uint8", "uint16": "uint16",
    "uint32": "uint32", "uint64": "uint64", "int8": "int8", "int16": "int16",
    "float16": "halffloat", "dec9": "decimal128(9, 2)", "dec18": "decimal128(18, 6)",
    "ts_us": "timestamp[us, tz=UTC]", "ts_ns": "timestamp[ns, tz=Europe/Vienna]",
    "ts_ms": "timestamp[ms]", "time_us": "time64[us]", "time_ns": "time64[ns]",
    "time_ms": "time32[ms]", "date32": "date32[day]", "bool": "bool",
    "fixed_list": "fixed_size_list<element: int16>[3]",
    "embedding": "fixed_size_list<element: float>[24]",
}


def check_pyarrow(name, path, expected):
    table = pq.read_table(path, page_checksum_verification=True)
    for field, column in zip(table.schema, table.columns):
        kind = str(field.type)
        wanted = EXPECTED_TYPES.get(field.name)
        if wanted is not None and kind.replace("item:", "element:") != wanted:
            complain(f"{name}.{field.name} (pyarrow): type {kind}, expected {wanted}")
        found = [canonical_arrow(v, field.type) for v in column]
        if field.name in ("ts_s", "time_s"):
            if kind.endswith("[ms]"):
                found = [v if v is None else str(int(v) // 1000) for v in found]
        if field.name == "date64" and kind.startswith("date32"):
            found = [v if v is None else str(int(v) * 86400000) for v in found]
        compare_rows(name, "pyarrow", field.name, [r[field.name] for r in expected], found)
    return table


def leaf_values(value, path):
    """All values and nulls of one leaf below a canonical value (an absent list is one null)."""
    if value is None:
        return [None]
    if isinstance(value, list):
        return [x for v in value for x in leaf_values(v, path)] if value else [None]
    if isinstance(value, dict):
        return leaf_values(value[path[0]], path[1:])
    return [value]


def order_key(text, kind):
    """Sort key of a canonical value in the order that Parquet's statistics use; None for NaN."""
    if kind in ("float", "double", "halffloat"):
        x = float(text)
        return None if math.isnan(x) else x
    if isinstance(text, bool):
        return int(text)
    if kind.startswith("decimal"):
        return int.from_bytes(bytes.fromhex(text), "little", signed=True)
    if kind in ("string", "large_string", "binary", "large_binary") or \
            kind.startswith("fixed_size_binary"):
        return bytes.fromhex(text)
    return int(text)


def check_statistics(name, path, expected, con):
    meta = pq.ParquetFile(path).metadata
    exact = {(g, c): (low, high) for g, c, low, high in con.execute(
        "select row_group_id, column_id, min_is_exact, max_is_exact from "
        f"parquet_metadata('{path}')").fetchall()}
    table_schema = pq.read_schema(path)
    first = 0
    for g in range(meta.num_row_groups):
        group = meta.row_group(g)
        rows = expected[first:first + group.num_rows]
        first += group.num_rows
        for c in range(group.num_columns):
            chunk = group.column(c)
            parts = [p for p in chunk.path_in_schema.split(".") if p not in ("list", "element")]
            where = f"{name} row group {g} {chunk.path_in_schema}"
            values = [v for r in rows for v in leaf_values(r[parts[0]], parts[1:])]
            if not chunk.has_offset_index:
                complain(f"{where}: no offset index")
            if chunk.num_values != len(values):
                complain(f"{where}: num_values {chunk.num_values}, expected {len(values)}")
            raw = chunk.statistics is None
            if raw:
                if name != "vectors":
                    complain(f"{where}: no statistics")
                continue
            stats = chunk.statistics
            nulls = sum(v is None for v in values)
            if stats.null_count != nulls:
                complain(f"{where}: null_count {stats.null_count}, expected {nulls}")
            if stats.has_distinct_count:
                distinct = len({v for v in values if v is not None})
                # Floats: NaNs of several bit patterns and the two zeros may count as several.
                if stats.distinct_count != distinct and chunk.physical_type != "DOUBLE":
                    complain(f"{where}: distinct {stats.distinct_count}, expected {distinct}")
            kind = table_schema.field(parts[0]).type
            while not pa.types.is_primitive(kind) and hasattr(kind, "value_type"):
                kind = kind.value_type
            if pa.types.is_struct(kind) or len(parts) > 1:
                continue
            check_bounds(where, stats, [v for v in values if v is not None], str(kind), parts[0],
                         exact[g, c])


def check_bounds(where, stats, values, kind, column, exact):
    if kind.startswith(("time", "date", "timestamp")):
        keys = [int(v) for v in values]
        if column in ("ts_s", "time_s"):
            keys = [k * 1000 for k in keys]
        if column == "date64":
            keys = [k // 86400000 for k in keys]
    else:
        keys = [order_key(v, kind) for v in values]
    keys = [k for k in keys if k is not None]
    if not keys:
        if stats.has_min_max:
            complain(f"{where}: bounds without values")
        return
    if not stats.has_min_max:
        complain(f"{where}: no bounds")
        return
    low, high = stats.min_raw, stats.max_raw
    if kind == "halffloat":
        low, high = (struct.unpack("<e", x)[0] for x in (low, high))
    elif kind.startswith("decimal") and isinstance(low, bytes):
        low, high = (int.from_bytes(x, "big", signed=True) for x in (low, high))
    elif kind.startswith("decimal"):
        low, high = int(low), int(high)
    elif kind in ("uint32", "uint8", "uint16"):
        low, high = low & 0xffffffff, high & 0xffffffff
    elif kind == "uint64":
        low, high = low & (2**64 - 1), high & (2**64 - 1)
    if isinstance(low, str):
        low, high = low.encode(), high.encode()
    if isinstance(keys[0], bytes) and not kind.startswith("fixed"):
        if not low <= min(keys) or not high >= max(keys):
            complain(f"{where}: bounds {low!r}..{high!r} do not hold the values")
        if len(low) > 64 or len(high) > 64:
            complain(f"{where}: bounds of {len(low)} and {len(high)} bytes")
        if len(min(keys)) <= 64 and (low != min(keys) or not exact[0]):
            complain(f"{where}: min {low!r} is not exact")
        if len(max(keys)) <= 64 and (high != max(keys) or not exact[1]):
            complain(f"{where}: max {high!r} is not exact")
        if len(min(keys)) > 64 and exact[0]:
            complain(f"{where}: a cut min is called exact")
        if len(max(keys)) > 64 and exact[1]:
            complain(f"{where}: a cut max is called exact")
        if kind.endswith("string"):
            low.decode()
            high.decode()
    elif low != min(keys) or high != max(keys):
        complain(f"{where}: bounds {low!r}..{high!r}, expected {min(keys)!r}..{max(keys)!r}")


def canonical_duck(value, kind):
    """A DuckDB value (fetched through Python) in write_tool's form; `kind` is the Arrow type."""
    if value is None:
        return None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [canonical_duck(v, kind.value_type) for v in value]
    if pa.types.is_struct(kind):
        return {f.name: canonical_duck(value[f.name], f.type) for f in kind}
    if pa.types.is_boolean(kind):
        return value
    if pa.types.is_floating(kind):
        return float_text(value)
    if pa.types.is_decimal(kind):
        return decimal_hex(value, kind.scale)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return value.encode().hex()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    return int_text(value)


def check_duckdb(name, path, expected, schema, con):
    for field in schema:
        column = f'"{field.name}"'
        kind = field.type
        if pa.types.is_temporal(kind):
            if pa.types.is_date(kind):
                column = f"datediff('day', date '1970-01-01', {column}::date)"
                if field.name == "date64":
                    column += "::bigint * 86400000"
            elif pa.types.is_time(kind):
                column = f"epoch_ns({column})" if kind.unit == "ns" else f"epoch_us({column})"
                column += {"s": " // 1000000", "ms": " // 1000"}.get(
                    "s" if field.name == "time_s" else kind.unit, "")
            else:
                unit = "s" if field.name == "ts_s" else kind.unit
                column = {"s": f"epoch_ms({column}) // 1000", "ms": f"epoch_ms({column})",
                          "us": f"epoch_us({column})", "ns": f"epoch_ns({column})"}[unit]
        found = con.execute(f"select {column} from read_parquet('{path}')").fetchall()
        want = [r[field.name] for r in expected]
        if pa.types.is_timestamp(kind) and kind.unit == "ns" and kind.tz is not None:
            # DuckDB's zoned timestamps have microseconds, cut towards zero.
            want = [v if v is None else str(int(math.copysign(abs(int(v)) // 1000, int(v))))
                    for v in want]
            found = con.execute(f"select epoch_us({field.name}) from read_parquet('{path}')"
                                ).fetchall()
        compare_rows(name, "duckdb", field.name, want,
                     [canonical_duck(v[0], kind if not pa.types.is_temporal(kind) else pa.int64())
                      for v in found])


def check_bloom(name, path, expected, con):
    meta = pq.ParquetFile(path).metadata
    filters = {r[0]: r[1] for r in con.execute(
        f"select path_in_schema, count(bloom_filter_offset) from parquet_metadata('{path}') "
        "group by 1").fetchall()}
    for column, to_sql in (("int32", "{}::integer"), ("int64", "{}::bigint"),
                           ("utf8", "{}"), ("rising32", "{}::integer"), ("few64", "{}::bigint"),
                           ("few_text", "{}"), ("r_int64", "{}::bigint"), ("r_utf8", "{}")):
        if column not in filters:
            continue
        if filters[column] != meta.num_row_groups:
            complain(f"{name}.{column}: {filters[column]} Bloom filters for "
                     f"{meta.num_row_groups} row groups")
            continue
        first = 0
        for g in range(meta.num_row_groups):
            rows = expected[first:first + meta.row_group(g).num_rows]
            first += meta.row_group(g).num_rows
            for value in list(dict.fromkeys(r[column] for r in rows if r[column] is not None))[:20]:
                if "text" in column or "utf8" in column:
                    literal = "'" + bytes.fromhex(value).decode().replace("'", "''") + "'"
                else:
                    literal = to_sql.format(value) if not value.startswith("-") else \
                        to_sql.format(f"({value})")
                excluded = con.execute(
                    f"select bloom_filter_excludes from parquet_bloom_probe('{path}', '{column}', "
                    f"{literal}) where row_group_id = {g}").fetchone()
                if excluded is None or excluded[0]:
                    complain(f"{name}.{column}: row group {g} excludes {literal}, which it has")
        absent = con.execute(
            f"select count(*) filter (bloom_filter_excludes), count(*) from "
            f"parquet_bloom_probe('{path}', '{column}', "
            + ("'certainly not there'" if "text" in column or "utf8" in column
               else to_sql.format("-7777777")) + ")").fetchone()
        if absent[0] == 0:
            complain(f"{name}.{column}: no Bloom filter excludes an absent value")


def check_encodings(folder, con):
    """The choices that the profile promises."""
    def encodings(name, column):
        return con.execute(
            f"select string_agg(encodings, ','), any_value(compression) from "
            f"parquet_metadata('{folder}/{name}.parquet') where path_in_schema = '{column}' or "
            f"path_in_schema like '{column},%'").fetchone()
    for name, column, wanted in (("shapes", "rising64", "DELTA_BINARY_PACKED"),
                                 ("shapes", "few_text", "RLE_DICTIONARY"),
                                 ("shapes", "few64", "RLE_DICTIONARY"),
                                 ("shapes_fallback", "many_text", "DELTA_LENGTH_BYTE_ARRAY"),
                                 ("shapes_fallback", "few_text", "RLE_DICTIONARY"),
                                 ("shapes", "rising_float", "BYTE_STREAM_SPLIT")):
        found, _ = encodings(name, column)
        if wanted not in (found or ""):
            complain(f"{name}.{column}: encodings {found}, expected {wanted}")
    found, compression = encodings("vectors", "embedding")
    if compression != "UNCOMPRESSED" or "DICTIONARY" in found:
        complain(f"vectors.embedding: {compression} {found}, expected raw values")


def main():
    folder = sys.argv[1]
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    paths = sorted(glob.glob(os.path.join(folder, "*.parquet")))
    for path in paths:
        name = os.path.basename(path)[:-len(".parquet")]
        with open(path[:-len(".parquet")] + ".jsonl", encoding="utf-8") as f:
            expected = [json.loads(line) for line in f]
        table = check_pyarrow(name, path, expected)
        metadata = pq.ParquetFile(path).metadata
        if metadata.metadata[b"inlay.test"] != name.encode():
            complain(f"{name}: key-value metadata is lost")
        if not metadata.created_by.startswith("inlay"):
            complain(f"{name}: created_by {metadata.created_by!r}")
        check_statistics(name, path, expected, con)
        check_duckdb(name, path, expected, table.schema, con)
        check_bloom(name, path, expected, con)
    check_encodings(folder, con)
    print(f"{len(paths)} files, {len(problems)} differences")
    return 1 if problems or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
