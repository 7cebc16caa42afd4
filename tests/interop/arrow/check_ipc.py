#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Arrow IPC streams between Inlay and pyarrow.

usage: check_ipc.py IPC_TOOL FOLDER

1. ipc_tool writes a stream of every type; pyarrow reads it, validates it fully, and its values must
   equal the dump that ipc_tool made.
2. pyarrow writes streams of every type (plain, sliced, dictionaries, views, empty, no end mark);
   ipc_tool's dump of each must equal pyarrow's values, and so must the copy that our writer makes.
3. Compressed bodies must be refused by name.
Exits with 1 and a message at the first difference.
"""
import decimal
import os
import struct
import subprocess
import sys

import pyarrow as pa


def canonical(value, kind):
    """One value in the dump's form; `value` is an Arrow scalar."""
    if not value.is_valid:
        return "null"
    if pa.types.is_dictionary(kind):
        return canonical(value.value, kind.value_type)
    if pa.types.is_boolean(kind):
        return "true" if value.as_py() else "false"
    if pa.types.is_floating(kind):
        return "f:" + struct.pack(">d", float(value.as_py())).hex()
    if pa.types.is_decimal(kind):
        with decimal.localcontext() as context:
            context.prec = 60
            unscaled = int(value.as_py().scaleb(kind.scale))
        return "d:" + unscaled.to_bytes(16, "little", signed=True).hex()
    if pa.types.is_struct(kind):
        items = [canonical(value[f.name], f.type) for f in kind]
        return "{" + ",".join(items) + "}"
    if pa.types.is_map(kind) or hasattr(kind, "value_type"):  # a map is a list of pairs
        items = value.values
        return "[" + ",".join(canonical(v, items.type) for v in items) + "]"
    if pa.types.is_integer(kind):
        return str(value.as_py())
    if pa.types.is_temporal(kind):
        return str(value.value)
    data = value.as_py()
    return "x:" + (data.encode() if isinstance(data, str) else data).hex()


def dump(batches):
    lines = []
    for batch in batches:
        batch.validate(full=True)
        columns = [[canonical(v, c.type) for v in c] for c in batch.columns]
        lines += ["\t".join(row) for row in zip(*columns)]
    return lines


def run(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def rows_of(text, columns):
    return text.split("\n")[columns:-1]


def compare(name, ours, theirs):
    if ours == theirs:
        return
    for i, (a, b) in enumerate(zip(ours, theirs)):
        if a != b:
            for c, (x, y) in enumerate(zip(a.split("\t"), b.split("\t"))):
                if x != y:
                    sys.exit(f"{name}: row {i} column {c}: ours {x}, pyarrow's {y}")
    sys.exit(f"{name}: {len(ours)} rows ours, {len(theirs)} rows pyarrow's")


def read_stream(path):
    with pa.ipc.open_stream(path) as reader:
        return reader.schema, list(reader)


def check_ours(tool, folder):
    code, _, err = run(tool, "write", folder)
    if code != 0:
        sys.exit(f"ipc_tool write: {err}")
    schema, batches = read_stream(os.path.join(folder, "ours.arrows"))
    with open(os.path.join(folder, "ours.txt"), encoding="utf-8") as file:
        text = file.read()
    compare("ours.arrows", rows_of(text, len(schema)), dump(batches))
    if [b.num_rows for b in batches] != [0, 1, 7, 8, 9, 63, 64, 65]:
        sys.exit("ours.arrows: wrong batches")
    return schema, batches


def dictionary_batch():
    words = pa.array(["red", None, "green", "red", "blue", None, "green"])
    columns = {}
    for index in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(),
                  pa.int64(), pa.uint64()):
        columns[f"words {index}"] = words.dictionary_encode().cast(pa.dictionary(index, pa.utf8()))
    columns["numbers"] = pa.array([5, 7, None, 5, 7, 7, 5]).dictionary_encode()
    values = pa.array(["a", None, "b"])
    columns["null value"] = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 2, 1, None, 0, 2], pa.int8()), values)
    columns["in list"] = pa.ListArray.from_arrays(
        pa.array([0, 1, 3, 3, 4, 5, 6, 7]), words.dictionary_encode())
    return pa.RecordBatch.from_pydict(columns)


def view_batch():
    texts = ["", "short", None, "twelve bytes", "more than twelve bytes in this one", "\u20ac" * 9, "z"]
    return pa.RecordBatch.from_pydict({
        "text": pa.array(texts, pa.string_view()),
        "bytes": pa.array([t and t.encode() for t in texts], pa.binary_view()),
        "map": pa.array([[("k", 1)], None, [], [("a", 2), ("b", None)], [], [], []],
                        pa.map_(pa.utf8(), pa.int32())),
    })


def check_theirs(tool, folder, name, schema, batches, end_mark=True):
    path = os.path.join(folder, f"{name}.arrows")
    with pa.ipc.new_stream(path, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    if not end_mark:
        with open(path, "rb+") as file:
            file.truncate(os.path.getsize(path) - 8)
    wanted = dump(batches)
    code, out, err = run(tool, "read", path)
    if code != 0:
        sys.exit(f"{name}: our reader failed: {err}")
    compare(name, rows_of(out, len(schema)), wanted)
    copy = os.path.join(folder, f"{name}.copy.arrows")
    code, _, err = run(tool, "copy", path, copy)
    if code != 0:
        sys.exit(f"{name}: copying failed: {err}")
    compare(f"{name} copied", dump(read_stream(copy)[1]), wanted)


def check_compressed(tool, folder, batch):
    for codec, word in (("lz4", "LZ4"), ("zstd", "Zstandard")):
        path = os.path.join(folder, f"{codec}.arrows")
        options = pa.ipc.IpcWriteOptions(compression=codec)
        with pa.ipc.new_stream(path, batch.schema, options=options) as writer:
            writer.write_batch(batch)
        code, _, err = run(tool, "read", path)
        if code == 0 or word not in err:
            sys.exit(f"{codec}: expected a refusal that names it, got {code}: {err}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tool, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    schema, batches = check_ours(tool, folder)
    check_theirs(tool, folder, "types", schema, batches)
    sliced = [b.slice(3, max(0, b.num_rows - 5)) for b in batches]
    check_theirs(tool, folder, "sliced", schema, sliced)
    check_theirs(tool, folder, "no batches", schema, [])
    check_theirs(tool, folder, "no end mark", schema, batches, end_mark=False)
    words = dictionary_batch()
    check_theirs(tool, folder, "dictionaries", words.schema, [words, words.slice(2, 3)])
    views = view_batch()
    check_theirs(tool, folder, "views", views.schema, [views, views.slice(3)])
    none = pa.RecordBatch.from_pydict({})
    check_theirs(tool, folder, "no columns", none.schema, [none])
    check_compressed(tool, folder, batches[-1])
    print(f"ok: {len(schema)} types, {sum(b.num_rows for b in batches)} rows, both ways")


main()
