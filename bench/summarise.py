#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Medians of a result file as Markdown tables, one per suite; exits 1 when engines disagree.

usage: summarise.py RESULTS.jsonl
A time is the median over the turns of each turn's median; best and p99 likewise. A ratio is the
peer's time over ours (or our throughput over the peer's): above 1, we are faster. The ratio of the
best times, in brackets, is what a busy machine disturbs least.
"""
import json
import statistics
import sys
from collections import defaultdict

# What is not comparable by its checks: append counts rows, which every engine has.
BASELINES = {"sql": lambda engine: engine.replace("DuckDB", "inlay")}


def load(path):
    figures = defaultdict(lambda: defaultdict(list))  # (suite, name, unit) -> engine -> lines
    with open(path, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            figures[line["suite"], line["name"], line["unit"]][line["engine"]].append(line)
    return figures


def disagreements(figures):
    for (suite, name, _), engines in figures.items():
        checks = {line["check"] for lines in engines.values() for line in lines} - {""}
        if len(checks) > 1:
            yield f"{suite}, {name}: {sorted(checks)}"


def shown(value, unit):
    if unit == "us":
        return f"{value / 1000:.2f} ms" if value >= 1000 else f"{value:.1f} µs"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"


def median(lines, field="p50"):
    return statistics.median(line[field] for line in lines)


def cell(lines, unit, ours):
    text = shown(median(lines), unit)
    parts = [f"{field} {shown(median(lines, field), unit)}"
             for field in ("best", "p99") if field in lines[0]]
    text += f" ({', '.join(parts)})" if parts else ""
    if ours and unit in ("us", "MB/s"):
        text += f", **{ratio(lines, ours, unit, 'p50')}**"
        if "best" in lines[0] and "best" in ours[0]:
            text += f" [{ratio(lines, ours, unit, 'best')}]"
    return text


def ratio(lines, ours, unit, field):
    value = median(lines, field) / median(ours, field)
    value = value if unit == "us" else 1 / value
    return f"{value:.2f}x" if value < 10 else f"{value:.0f}x"


def table(suite, rows):
    engines = list(dict.fromkeys(engine for _, engines in rows for engine in engines))
    print(f"\n### {suite}\n\n| figure | " + " | ".join(engines) + " |")
    print("|---" * (len(engines) + 1) + "|")
    for (name, unit), by_engine in rows:
        cells = []
        for engine in engines:
            lines = by_engine.get(engine)
            base = by_engine.get(BASELINES.get(suite, lambda _: "inlay")(engine))
            cells.append(cell(lines, unit, base if base is not lines else None) if lines else "")
        print(f"| {name} | " + " | ".join(cells) + " |")


def main():
    figures = load(sys.argv[1])
    suites = defaultdict(list)
    for (suite, name, unit), engines in figures.items():
        suites[suite].append(((name, unit), engines))
    for suite, rows in suites.items():
        table(suite, rows)
    wrong = list(disagreements(figures))
    for text in wrong:
        print(f"engines disagree: {text}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
