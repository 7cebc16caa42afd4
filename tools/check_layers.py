# SPDX-License-Identifier: Apache-2.0
"""Checks the #include lines: a layer uses only layers above it, third-party headers stay confined."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

# What each layer may include besides itself and include/inlay.
ALLOWED = {
    "base": "",
    "exec": "base",
    "columnar": "base",
    "http": "base exec",
    "storage": "base exec http",
    "cache": "base exec storage",
    "parquet": "base exec columnar",
    "text": "base exec",
    "vector": "base exec",
    "superfile": "base exec columnar parquet text vector",
    "wal": "base exec storage columnar",
    "table": "base exec columnar storage cache parquet text vector superfile wal",
    "catalog": "base exec columnar storage cache superfile text vector wal table",
    "sql": "base exec columnar storage cache parquet text vector superfile wal table catalog",
    "ingest": "base exec columnar sql",
    "export": "base exec columnar parquet",
    "api": "base exec columnar storage cache parquet text vector superfile wal table catalog sql ingest export",
}
# Third-party headers and the layers that see each.
CONFINED = {
    r"duckdb\.h": "sql", r"curl/.*": "http", r"expat\.h": "http", r"openssl/.*": "http",
    r"zstd\.h": "parquet", r"lz4.*\.h": "parquet", r"snappy-c\.h": "parquet", r"zlib\.h": "parquet ingest",
    r"utf8proc\.h": "text", r"libstemmer\.h": "text", r"roaring/.*": "base", r"xxhash\.h": "base",
    r"blake3\.h": "base", r"jansson\.h": "base",
}


def problems_of(path, layer):
    allowed = set(ALLOWED[layer].split()) | {layer, "inlay"}
    for kind, header in INCLUDE.findall(path.read_text(encoding="utf-8")):
        if kind == '"':
            folder = header.split("/")[0]
            if "/" not in header:
                yield f'"{header}" must be included as "layer/file.h"'
            elif folder not in allowed:
                yield f'layer {layer} must not include "{header}"'
            continue
        for pattern, owner in CONFINED.items():
            if re.fullmatch(pattern, header) and layer not in owner.split():
                yield f"<{header}> belongs to {owner}"


def outside_problems():
    """cli/, bindings/ and examples/ see only the public headers."""
    for folder in ("cli", "bindings", "examples"):
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            for kind, header in INCLUDE.findall(path.read_text(encoding="utf-8")):
                first = header.split("/")[0]
                if kind == '"' and first in ALLOWED:
                    yield f'{path.relative_to(ROOT)}: only public headers here, not "{header}"'


def main():
    problems = list(outside_problems())
    for folder in sorted((ROOT / "src").iterdir()):
        if not folder.is_dir():
            continue
        if folder.name not in ALLOWED:
            problems.append(f"src/{folder.name} is not a known layer")
            continue
        for path in sorted(folder.rglob("*.[ch]")):
            problems += [f"{path.relative_to(ROOT)}: {p}" for p in problems_of(path, folder.name)]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
