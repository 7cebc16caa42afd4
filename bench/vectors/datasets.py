# SPDX-License-Identifier: Apache-2.0
"""Makes the datasets of the vector benchmark, with their exact neighbours; what exists is kept.

usage: datasets.py [NAME ...]     all of them without a name; names: datasets.py --list
They lie in ${INLAY_BENCH_VECTORS:-${XDG_CACHE_HOME:-~/.cache}/inlay-bench/vectors}/NAME; README.md
of this folder describes the files.
"""
import json
import os
import shutil
import sys

import numpy as np

NEIGHBOURS = 100
ALLOWED = {"50": 0.5, "10": 0.1, "1": 0.01, "0.1": 0.001}  # label in per cent -> share of the rows
BLOCK_ROWS, BLOCK_QUERIES = 65536, 250
SEED = 20261122


def cache_folder():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("INLAY_BENCH_VECTORS") or os.path.join(cache, "inlay-bench", "vectors")


def planted(rows, dim, queries, rng):
    """1024 planted clusters, huge distances between them: centres of norm 3√dim (58 at 384), noise of
    norm 0.3√dim (5.9). The reference's benchmark has this shape; IVF recall is trivially perfect."""
    centres = rng.standard_normal((1024, dim), dtype=np.float32) * np.float32(3)

    def draw(count):
        out = rng.standard_normal((count, dim), dtype=np.float32)
        out *= np.float32(0.3)
        out += centres[rng.integers(0, len(centres), count)]
        return out
    return draw(rows), draw(queries)


def embedding_like(rows, dim, queries, rng, lengths=0.0):
    """A mixture as embedding models give: a common mean as long as the rest, 2000 clusters of Zipf-like
    sizes and log-normal widths, spread along few directions: standard deviation (i+1)^-0.5 along the
    i-th of `dim` orthogonal axes for the centres, and within a cluster the same over 64 of the first 128
    axes in the cluster's own order; 2 % isotropic noise. The participation ratio of the
    covariance is 44 of 384 dimensions (minilm: 104). With `lengths`, rows are scaled by a log-normal
    factor, for metrics that see lengths."""
    count = 2000
    axes = np.linalg.qr(rng.standard_normal((dim, dim)))[0].astype(np.float32)
    spread = (np.arange(dim) + 1.0) ** -0.5
    centres = ((rng.standard_normal((count, dim)) * spread)).astype(np.float32)
    mean = rng.standard_normal(dim).astype(np.float32)
    mean *= np.sqrt((spread ** 2).sum()) / np.linalg.norm(mean)
    share = (np.arange(count) + 10.0) ** -0.7
    width = np.exp(rng.normal(-0.5, 0.25, count)).astype(np.float32)
    local_axes = np.argsort(rng.random((count, 128)), axis=1)[:, :64]

    def draw(number):
        out = np.empty((number, dim), np.float32)
        cluster = rng.choice(count, number, p=share / share.sum())
        for begin in range(0, number, BLOCK_ROWS):
            c = cluster[begin:begin + BLOCK_ROWS]
            x = centres[c]
            local = rng.standard_normal((len(c), 64), dtype=np.float32) * spread[:64].astype(np.float32)
            local *= width[c, None]
            np.put_along_axis(x, local_axes[c], np.take_along_axis(x, local_axes[c], 1) + local, 1)
            x += rng.standard_normal(x.shape, dtype=np.float32) * np.float32(0.02)
            block = x @ axes
            block += mean
            if lengths:
                block *= np.exp(rng.normal(0, lengths, (len(c), 1))).astype(np.float32)
            out[begin:begin + BLOCK_ROWS] = block
        return out
    return draw(rows), draw(queries)


def minilm(folder):
    from embed import embed  # imports what only this dataset needs
    queries, base = embed(os.path.join(cache_folder(), "minilm-chunks"), os.cpu_count())
    return base, queries


def sift5k(folder):
    """Real SIFT vectors of the project's test data; every tenth is a query, held out."""
    data = os.environ.get("INLAY_TEST_DATA", os.path.join("..", "shared", "data"))
    table = np.loadtxt(os.path.join(data, "sift5k", "sift-dataset-5k.tsv"), np.float32)[:, :128]
    held_out = np.arange(len(table)) % 10 == 0
    return np.ascontiguousarray(table[~held_out]), np.ascontiguousarray(table[held_out])


def generated(make, rows, dim, queries=1000, **options):
    def build(folder):
        return make(rows, dim, queries, np.random.default_rng(SEED), **options)
    build.__doc__ = make.__doc__
    return build


minilm.__doc__ = ("Real passages of 60 to 120 words found on the machine (passages.py), embedded with "
                  "all-MiniLM-L6-v2, 64 tokens at most; queries: sentences of 1000 held-out passages.")
DATASETS = {  # name -> (metric, builder)
    "sift5k": ("l2", sift5k),
    "minilm": ("cosine", minilm),
    "planted-100k-384": ("cosine", generated(planted, 100_000, 384)),
    "planted-100k-1024": ("cosine", generated(planted, 100_000, 1024)),
    "mixture-100k-384": ("cosine", generated(embedding_like, 100_000, 384)),
    "mixture-100k-384-l2": ("l2", generated(embedding_like, 100_000, 384, lengths=0.2)),
    "planted-1m-384": ("cosine", generated(planted, 1_000_000, 384, queries=500)),
    "mixture-1m-384": ("cosine", generated(embedding_like, 1_000_000, 384, queries=500)),
}


def unit_rows(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(np.float32).tiny)


def smallest(distances, rows, count):
    """Of the candidates of each query (row -1: none) the `count` nearest, ties by row number."""
    order = np.lexsort((rows, distances), axis=1)[:, :count]
    return np.take_along_axis(distances, order, 1), np.take_along_axis(rows, order, 1)


class Nearest:
    """The nearest rows of each query so far, by float32; `exact` orders them again by float64. It keeps
    twice as many as are asked for, so that rounding cannot push a true neighbour out."""

    def __init__(self, queries):
        self.distances = np.empty((queries, 0), np.float32)
        self.rows = np.empty((queries, 0), np.int64)

    def offer(self, part, distances, rows):
        keep = min(2 * NEIGHBOURS, distances.shape[1])
        if keep == 0:
            return part
        chosen = np.argpartition(distances, keep - 1, axis=1)[:, :keep]
        old_distances, old_rows = part
        return smallest(np.hstack([old_distances, np.take_along_axis(distances, chosen, 1)]),
                        np.hstack([old_rows, rows[chosen]]), 2 * NEIGHBOURS)


def exact_order(base, queries, metric, candidates):
    """truth rows: the candidates again in float64, the best NEIGHBOURS; -1 where there are fewer."""
    truth = np.full((len(queries), NEIGHBOURS), -1, np.int32)
    for number, rows in enumerate(candidates):
        x, q = base[rows].astype(np.float64), queries[number].astype(np.float64)
        if metric == "cosine":
            distance = 1 - (x @ q) / (np.linalg.norm(x, axis=1) * np.linalg.norm(q))
        else:
            distance = ((x - q) ** 2).sum(1)
        best = rows[np.lexsort((rows, distance))][:NEIGHBOURS]
        truth[number, :len(best)] = best
    return truth


def true_neighbours(base, queries, metric, allowed_sets):
    """[truth of all rows, truth of each allowed set], by brute force in blocks."""
    masks = [None] + [np.zeros(len(base), bool) for _ in allowed_sets]
    for mask, allowed in zip(masks[1:], allowed_sets):
        mask[allowed] = True
    truths = [[] for _ in masks]
    for first in range(0, len(queries), BLOCK_QUERIES):
        asked = queries[first:first + BLOCK_QUERIES]
        sought = unit_rows(asked) if metric == "cosine" else asked
        empty = Nearest(len(asked))
        best = [(empty.distances, empty.rows)] * len(masks)
        for begin in range(0, len(base), BLOCK_ROWS):
            block = base[begin:begin + BLOCK_ROWS]
            rows = np.arange(begin, begin + len(block))
            if metric == "cosine":
                distances = -(sought @ unit_rows(block).T)
            else:
                distances = np.einsum("ij,ij->i", block, block) - 2 * (sought @ block.T)
            for i, mask in enumerate(masks):
                chosen = slice(None) if mask is None else mask[begin:begin + len(block)]
                best[i] = empty.offer(best[i], distances[:, chosen], rows[chosen])
        for truth, (_, rows) in zip(truths, best):
            truth.append(exact_order(base, asked, metric, rows))
    return [np.concatenate(truth) for truth in truths]


def write(folder, name, array, kind):
    np.ascontiguousarray(array, kind).tofile(os.path.join(folder, name))


def prepare(name):
    folder = os.path.join(cache_folder(), name)
    if os.path.exists(os.path.join(folder, "meta.json")):
        return folder
    print(f"datasets: making {name}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    metric, build = DATASETS[name]
    base, queries = build(folder)
    shuffled = np.random.default_rng(SEED + 1).permutation(len(base))
    allowed = {label: np.sort(shuffled[:max(1, round(len(base) * share))])
               for label, share in ALLOWED.items()}
    truths = true_neighbours(base, queries, metric, list(allowed.values()))
    write(folder, "base.f32", base, "<f4")
    write(folder, "queries.f32", queries, "<f4")
    write(folder, "truth.i32", truths[0], "<i4")
    for (label, rows), truth in zip(allowed.items(), truths[1:]):
        write(folder, f"allow-{label}.i32", rows, "<i4")
        write(folder, f"truth-{label}.i32", truth, "<i4")
    meta = {"name": name, "rows": len(base), "dim": base.shape[1], "metric": metric,
            "queries": len(queries), "neighbours": NEIGHBOURS, "allowed": list(allowed),
            "seed": SEED, "description": " ".join(build.__doc__.split())}
    with open(os.path.join(folder, "meta.json"), "w", encoding="utf-8") as file:  # last: complete
        json.dump(meta, file, indent=1)
    return folder


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(DATASETS))
        return
    for name in sys.argv[1:] or DATASETS:
        print(prepare(name))


if __name__ == "__main__":
    main()
