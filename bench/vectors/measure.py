# SPDX-License-Identifier: Apache-2.0
"""Measures one peer on one dataset: builds its indexes, tunes them to a recall, reports the fastest.

usage: measure.py PEER[:VARIANT] DATASET_FOLDER WORK_FOLDER      PEER: a module bench/peers/vectors_PEER.py
Every build and every search runs in a process of its own: memory is the process's, and one core means
that the process is bound to one. Prints JSON lines; README.md of this folder has their shape.
"""
import importlib
import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np

sys.path[:0] = [os.path.join(os.path.dirname(__file__), "..", "peers")]
TARGETS = (0.95, 0.99)
ENOUGH = 0.995          # a chain of settings ends here: the rest of it costs more and gains nothing
SAMPLE, CANDIDATES = 100, 3
LEVEL = 0.002           # and where two steps gained less than this: its shortlist is the limit
LEAST_QUERIES, MOST_SECONDS = 200, 5  # a slow engine runs fewer queries for a figure; `n` tells
SECONDS_PER_FIGURE = 1.5
FILTER_LABELS = ("50", "10", "1", "0.1")


class Dataset:
    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "meta.json"), encoding="utf-8") as file:
            self.meta = json.load(file)
        self.name, self.metric = self.meta["name"], self.meta["metric"]
        self.dim, self.rows = self.meta["dim"], self.meta["rows"]
        self.queries = self.read("queries.f32", "<f4", self.dim)
        self.base = np.memmap(os.path.join(folder, "base.f32"), "<f4", "r", shape=(self.rows, self.dim))
        self.truth = {"": self.read("truth.i32", "<i4", self.meta["neighbours"])}
        self.allowed = {}
        for label in self.meta["allowed"]:
            self.truth[label] = self.read(f"truth-{label}.i32", "<i4", self.meta["neighbours"])
            self.allowed[label] = self.read(f"allow-{label}.i32", "<i4", 1)[:, 0]

    def read(self, name, kind, width):
        return np.fromfile(os.path.join(self.folder, name), kind).reshape(-1, width)

    def all_rows(self):
        """The vectors as a library's caller has them: in memory, of unit length under cosine."""
        return self.prepared(np.fromfile(os.path.join(self.folder, "base.f32"), "<f4")
                             .reshape(self.rows, self.dim))

    def prepared(self, x):
        if self.metric == "cosine":
            x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return x

    def sets(self):
        """For every row the number of allowed sets that hold it: they are nested, the widest first."""
        count = np.zeros(self.rows, np.int32)
        for label in FILTER_LABELS:
            count[self.allowed[label]] += 1
        return count

    def distances(self, query, rows):
        x, q = self.base[rows].astype(np.float64), self.queries[query].astype(np.float64)
        if self.metric == "cosine":
            return 1 - (x @ q) / (np.linalg.norm(x, axis=1) * np.linalg.norm(q))
        return ((x - q) ** 2).sum(1)

    def recall(self, query, found, k, label):
        """Share of the k nearest that were found; a row as near as the k-th counts (ties)."""
        truth = self.truth[label][query, :k]
        truth = truth[truth >= 0]
        if not len(truth):
            return 1.0
        found = np.unique(np.asarray(found)[:k])
        hits = np.isin(found, truth)
        missing = len(truth) - hits.sum()
        others = found[~hits & (found >= 0)]
        if missing and len(others):
            if label:
                others = others[np.isin(others, self.allowed[label])]
            limit = self.distances(query, truth[-1:])[0]
            missing -= min(missing, (self.distances(query, others) <= limit * (1 + 1e-9)).sum())
        return 1 - missing / len(truth)


def line(engine, dataset, name, unit, p50, **more):
    fields = {"engine": engine, "suite": "vectors", "dataset": dataset.name, "name": name, "unit": unit,
              "p50": round(p50, 3), **more, "load": round(os.getloadavg()[0], 2)}
    print(json.dumps(fields), flush=True)


def peak_memory():
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(text.split()[1]) / 1024 for text in lines if text.startswith("VmHWM:"))


def folder_bytes(folder):
    return sum(os.path.getsize(os.path.join(path, name))
               for path, _, names in os.walk(folder) for name in names)


def build(peer, dataset):
    base, sets = dataset.all_rows(), dataset.sets()
    wall, cpu = time.perf_counter(), time.process_time()
    peer.build(base, sets)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for name, unit, value in (("build, wall", "s", wall), ("build, processor", "s", cpu),
                              ("peak memory of building", "MiB", peak_memory()),
                              ("bytes a vector on disk", "B", folder_bytes(peer.folder) / dataset.rows)):
        line(peer.engine, dataset, name, unit, value, setting=peer.built_with, check=str(dataset.rows))


class Searches:
    """Timed searches of one opened peer; what was measured is kept, settings recur."""

    def __init__(self, peer, dataset):
        self.peer, self.dataset = peer, dataset
        self.queries = dataset.prepared(dataset.queries.copy())
        self.samples = {}

    def sample(self, setting, k, label):
        """(recall, processor seconds a query) over the first queries."""
        key = (json.dumps(setting), k, label)
        if key not in self.samples:
            self.peer.search(self.queries[0], k, setting, label)
            recall = cpu = count = 0
            while count < min(SAMPLE, len(self.queries)) and (cpu < 0.5 or count < SAMPLE // 4):
                start = time.process_time()
                found = self.peer.search(self.queries[count], k, setting, label)
                cpu += time.process_time() - start
                recall += self.dataset.recall(count, found, k, label)
                count += 1
            self.samples[key] = recall / count, cpu / count
        return self.samples[key]

    def full(self, setting, k, label, seconds=SECONDS_PER_FIGURE):
        """All queries one by one, again while time lasts: recall, latencies, processor time."""
        times, recalls, cpu = [], [], 0.0
        begin = time.perf_counter()
        while not times or time.perf_counter() - begin < seconds:
            first_turn = len(recalls) < len(self.queries)
            for query in range(len(self.queries)):
                start, start_cpu = time.perf_counter(), time.process_time()
                found = self.peer.search(self.queries[query], k, setting, label)
                times.append(time.perf_counter() - start)
                cpu += time.process_time() - start_cpu
                if first_turn:
                    recalls.append(self.dataset.recall(query, found, k, label))
                if query >= LEAST_QUERIES and time.perf_counter() - begin > MOST_SECONDS:
                    break
        return {"recall": sum(recalls) / len(recalls), "times": sorted(times), "cpu": cpu / len(times)}

    def tuned(self, k, label, targets):
        """target -> (setting, figures) of the fastest setting that reaches it, by processor time."""
        tried = []
        for chain in self.peer.chains(k, label):
            recalls = [0.0, 0.0]
            for setting in chain:
                recall, cpu = self.sample(setting, k, label)
                tried.append((cpu, recall, setting))
                recalls.append(recall)
                level = recall > 0.3 and recall - recalls[-3] < LEVEL
                if recall >= ENOUGH or level:
                    break
        tried.sort(key=lambda entry: entry[0])
        best = {}
        for target in targets:
            reached = self.cheapest(tried, target, k, label)
            if reached is None:  # none does: the best recall there is, told as such
                target, reached = "best", max(tried, key=lambda entry: entry[1])[2]
            best[target] = reached, self.full(reached, k, label)
        return best

    def cheapest(self, tried, target, k, label):
        """Of those whose sample came near the target, the fastest that reaches it on all queries."""
        reached = []
        for cpu, recall, setting in tried:
            if recall < target - 0.003 or (reached and cpu > 1.3 * reached[0][0]):
                continue
            figures = self.full(setting, k, label, 0)
            if figures["recall"] >= target:
                reached.append((figures["cpu"], json.dumps(setting)))
            if len(reached) == CANDIDATES:
                break
        return json.loads(min(reached)[1]) if reached else None

    def report(self, target, setting, figures, k, label):
        times = figures["times"]
        line(self.peer.engine, self.dataset, "search", "us", times[len(times) // 2] * 1e6,
             p95=round(times[len(times) * 95 // 100] * 1e6, 1), best=round(times[0] * 1e6, 1),
             cpu=round(figures["cpu"] * 1e6, 1), n=len(times), k=k, target=target,
             recall=round(figures["recall"], 4), filter=label, threads=1, setting=setting,
             qps=round(len(times) / sum(times), 1))

    def batch(self, target, setting, k, recall, threads):
        """All queries at once, the median of three turns."""
        seconds, cpu = [], time.process_time()
        for _ in range(3):
            start = time.perf_counter()
            self.peer.batch(self.queries, k, setting, threads)
            seconds.append(time.perf_counter() - start)
        cpu = (time.process_time() - cpu) * 1e6 / (3 * len(self.queries))
        line(self.peer.engine, self.dataset, "batch", "1/s", len(self.queries) / sorted(seconds)[1],
             best=round(len(self.queries) / min(seconds), 1), cpu=round(cpu, 1), n=len(self.queries),
             k=k, target=target, recall=round(recall, 4), filter="", threads=threads, setting=setting)


def search_one_core(peer, dataset):
    """Everything that is measured on one core; returns what the batches shall repeat."""
    searches, chosen = Searches(peer, dataset), []
    for k in (10, 100):
        default = peer.default(k)
        if default is not None:
            figures = searches.full(default, k, "")
            searches.report("default", default, figures, k, "")
            chosen.append(("default", default, k, figures["recall"]))
        if not peer.tunable:
            continue
        for target, (setting, figures) in searches.tuned(k, "", TARGETS).items():
            searches.report(target, setting, figures, k, "")
            chosen.append((target, setting, k, figures["recall"]))
    if peer.filters:
        for label in FILTER_LABELS:
            for target, (setting, figures) in searches.tuned(10, label, (0.99,)).items():
                searches.report(target, setting, figures, 10, label)
    return chosen


def child(step, name, variant, dataset_folder, folder):
    if step == "search":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    threads = 1 if step == "search" else len(os.sched_getaffinity(0))
    dataset = Dataset(dataset_folder)
    peer = importlib.import_module(f"vectors_{name}").VARIANTS[variant](dataset, folder)
    peer.threads(threads)
    if step == "build":
        build(peer, dataset)
        return
    peer.open()
    if step == "search":
        with open(folder + ".chosen", "w", encoding="utf-8") as file:
            json.dump(search_one_core(peer, dataset), file)
    searches = Searches(peer, dataset)
    with open(folder + ".chosen", encoding="utf-8") as file:
        chosen = json.load(file)
    for target, setting, k, recall in chosen:
        searches.batch(target, setting, k, recall, threads)


def main():
    if sys.argv[1] == "--child":
        child(*sys.argv[2:])
        return 0
    name, dataset_folder, work = sys.argv[1:4]
    name, _, only = name.partition(":")
    failed = 0
    for variant in [only] if only else importlib.import_module(f"vectors_{name}").VARIANTS:
        scratch = os.path.join(work, f"{name}-{variant}")
        folder = os.path.join(scratch, "index")  # beside it: caches, the chosen settings
        shutil.rmtree(scratch, ignore_errors=True)
        os.makedirs(folder)
        for step in ("build", "search", "batch"):
            command = [sys.executable, __file__, "--child", step, name, variant, dataset_folder, folder]
            if subprocess.run(command, check=False).returncode:
                print(f"measure: {name} {variant} {step} failed", file=sys.stderr)
                failed = 1
                break
        shutil.rmtree(scratch, ignore_errors=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
