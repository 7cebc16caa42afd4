#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A result file of the vector benchmark as Markdown: recall beside every figure.

usage: summarise.py RESULTS.jsonl
Searches per second are of processor time (1 / processor seconds a query, which other work on the machine
disturbs least); latencies are wall time. A figure in italics missed the recall that was asked for.
"""
import json
import statistics
import sys
from collections import defaultdict

BUILD = {"build, wall": "wall s", "build, processor": "processor s",
         "peak memory of building": "peak MiB", "bytes a vector on disk": "bytes a vector"}


def load(path):
    datasets = defaultdict(lambda: defaultdict(list))  # dataset -> engine -> lines
    with open(path, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["suite"] == "vectors":
                datasets[line["dataset"]][line["engine"]].append(line)
    return datasets


def chosen(lines, **wanted):
    return [line for line in lines if all(line.get(key) == value for key, value in wanted.items())]


def median(lines, field="p50"):
    return statistics.median(line[field] for line in lines)


def settings(line):
    value = line["setting"]
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


def table(head, rows):
    if rows:
        print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
        for row in rows:
            print("| " + " | ".join(row) + " |")


def build_table(engines):
    rows = []
    for engine, lines in engines.items():
        figures = [chosen(lines, name=name) for name in BUILD]
        if all(figures):
            rows.append([engine, str(figures[0][0]["setting"])] + [f"{median(f):,.1f}" for f in figures])
    table(["build", "with", *BUILD.values()], rows)


def batch_cell(lines, line, threads):
    found = chosen(lines, name="batch", k=line["k"], target=line["target"], threads=threads)
    return f"{median(found):,.0f}" if found else ""


def search_row(engine, lines, line, threads):
    emphasis = "*" if line["target"] == "best" else ""
    recall = f"{emphasis}{line['recall']:.4f}{emphasis}"
    return [engine, str(line["target"]), recall, f"{1e6 / line['cpu']:,.0f}",
            f"{line['p50'] / 1000:.3f}", f"{line['p95'] / 1000:.3f}",
            *(batch_cell(lines, line, count) for count in threads), settings(line)]


def search_table(engines, k):
    everything = [line for lines in engines.values() for line in chosen(lines, name="batch")]
    threads = sorted({line["threads"] for line in everything})
    rows = [search_row(engine, lines, line, threads)
            for target in ("default", 0.95, 0.99, "best") for engine, lines in engines.items()
            for line in chosen(lines, name="search", k=k, filter="", target=target)]
    table([f"search, k = {k}", "asked", f"recall@{k}", "searches/s of a core", "p50 ms", "p95 ms",
           *(f"batch/s, {count} thread{'s' * (count > 1)}" for count in threads), "setting"], rows)


def filter_table(engines):
    rows = []
    for engine, lines in engines.items():
        filtered = [line for line in chosen(lines, name="search", k=10) if line["filter"]]
        unfiltered = [line for target in (0.99, "default")
                      for line in chosen(lines, name="search", k=10, filter="", target=target)]
        for line in filtered:
            emphasis = "*" if line["target"] == "best" else ""
            ratio = f"{line['cpu'] / unfiltered[0]['cpu']:.2f}x" if unfiltered else ""
            rows.append([engine, line["filter"] + " %", f"{emphasis}{line['recall']:.4f}{emphasis}",
                         f"{1e6 / line['cpu']:,.0f}", f"{line['p50'] / 1000:.3f}", ratio,
                         settings(line)])
    table(["filtered, k = 10, recall 0.99 asked", "allowed", "recall@10", "searches/s of a core",
           "p50 ms", "time over unfiltered", "setting"], rows)


def main():
    for dataset, engines in load(sys.argv[1]).items():
        loads = [line["load"] for lines in engines.values() for line in lines if "load" in line]
        print(f"\n## {dataset}\n\nLoad of the machine: {min(loads):.1f} to {max(loads):.1f}.")
        build_table(engines)
        for k in (10, 100):
            search_table(engines, k)
        filter_table(engines)


if __name__ == "__main__":
    main()
