# SPDX-License-Identifier: Apache-2.0
"""Embeds the passages of this machine in chunks; an interrupted run goes on where it stopped.

usage: embed.py FOLDER [--workers N]
FOLDER gets passages.txt (a passage a line, its sentences separated by tabs), queries.npy and
chunks/NNNN.npy of 1024 rows each, of the 51 200 passages after the held-out ones. The first 1000
passages are held out: of each, one sentence is a query. About 30 ms a passage and core: 17 minutes
with two cores.
"""
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy; the workers are the threads

import argparse  # noqa: E402
import multiprocessing  # noqa: E402
import sys  # noqa: E402
import zlib  # noqa: E402

import numpy as np  # noqa: E402
from minilm import MiniLM  # noqa: E402
from passages import passages  # noqa: E402

QUERIES, ROWS, CHUNK, LONGEST_TOKENS = 1000, 51_200, 1024, 64
_model = None


def cached_passages(folder):
    path = os.path.join(folder, "passages.txt")
    if not os.path.exists(path):
        print("embed: collecting passages", file=sys.stderr)
        with open(path + ".part", "w", encoding="utf-8") as file:
            for passage in passages():
                file.write("\t".join(" ".join(sentence.split()) for sentence in passage) + "\n")
        os.rename(path + ".part", path)
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def query_sentence(passage):
    return passage[zlib.crc32(passage[0].encode()) % len(passage)]


def jobs(folder):
    """(file, texts), queries first."""
    everything = cached_passages(folder)
    yield (os.path.join(folder, "queries.npy"), [query_sentence(p) for p in everything[:QUERIES]])
    base = [" ".join(passage) for passage in everything[QUERIES:QUERIES + ROWS]]
    for begin in range(0, len(base), CHUNK):
        yield (os.path.join(folder, "chunks", f"{begin // CHUNK:04}.npy"), base[begin:begin + CHUNK])


def work(job):
    global _model
    path, texts = job
    _model = _model or MiniLM(LONGEST_TOKENS)
    rows = _model.embed(texts)
    with open(path + ".part", "wb") as file:
        np.save(file, rows)
    os.rename(path + ".part", path)
    return path


def embed(folder, workers):
    """Embeds what is missing; returns (queries, base) as arrays."""
    os.makedirs(os.path.join(folder, "chunks"), exist_ok=True)
    everything = list(jobs(folder))
    missing = [job for job in everything if not os.path.exists(job[0])]
    os.nice(10)
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        for done, path in enumerate(pool.imap(work, missing), 1):
            print(f"embed: {done} of {len(missing)}, {path}", file=sys.stderr, flush=True)
    arrays = [np.load(path) for path, _ in everything]
    return arrays[0], np.concatenate(arrays[1:])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    queries, base = embed(arguments.folder, arguments.workers)
    print(queries.shape, base.shape)
