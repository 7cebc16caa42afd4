# SPDX-License-Identifier: Apache-2.0
"""A result file of the SQL benchmark as Markdown; exits 1 when engines disagree about an answer.

usage: summarise.py [--cpu] RESULTS.jsonl
Cells are median times; in brackets the engine's time over ours, above 1 where we are faster. With --cpu
they are processor time of all threads, mean: what other work on the machine disturbs least.
"""
import json
import sys
from collections import defaultdict

OURS = "inlay"
BESIDE = "DuckDB, our Parquet"
FIGURE = "cpu" if "--cpu" in sys.argv else "p50"
TOLERANCE = 1e-9  # sums of doubles depend on the order


def shown(microseconds):
    if microseconds >= 1e6:
        return f"{microseconds / 1e6:.2f} s"
    return f"{microseconds / 1000:.2f} ms" if microseconds >= 1000 else f"{microseconds:.0f} µs"


def ratio(value):
    return f"{value:.2f}x" if value < 10 else f"{value:.0f}x"


def cell(line, ours):
    if line is None:
        return ""
    if "failed" in line:
        return "over 60 s" if "longer" in line["failed"] else "failed"
    text = shown(line[FIGURE])
    if ours and line is not ours and "p50" in ours:
        text += f" ({ratio(line[FIGURE] / ours[FIGURE])})"
    return text


def same(one, other):
    """Rows and the bytes of texts are the same, and the sums nearly."""
    if "," not in one or "," not in other:
        return one == other
    (rows, total, text), (other_rows, other_total, other_text) = one.split(","), other.split(",")
    difference = abs(float(total) - float(other_total))
    return (rows, text) == (other_rows, other_text) and (
        difference <= TOLERANCE * max(1.0, abs(float(total)), abs(float(other_total))) or total == other_total)


def sections(path):
    """(suite, rows, files, threads) -> name -> engine -> line"""
    found = defaultdict(lambda: defaultdict(dict))
    with open(path, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            key = line["suite"], line.get("rows"), line.get("files"), line.get("threads", 1)
            found[key][line["name"]][line["engine"]] = line
    return found


def print_section(key, names):
    suite, rows, files, threads = key
    engines = list(dict.fromkeys(engine for lines in names.values() for engine in lines))
    where = f", {int(rows):,} rows, {files} superfile{'' if files == 1 else 's'}" if rows else ""
    print(f"\n### {suite}{where}, {threads} thread{'' if threads == 1 else 's'}\n")
    print("| statement | " + " | ".join(engines) + " |\n|---" + "|---" * len(engines) + "|")
    for name, lines in names.items():
        print(f"| {name} | " + " | ".join(cell(lines.get(engine), lines.get(OURS)) for engine in engines) + " |")


def print_planning(found):
    """Statements by number of superfiles."""
    columns = [key for key in found if key[0] == "sql planning"]
    names = dict.fromkeys(name for key in columns for name in found[key])
    print(f"\n### sql planning, {int(columns[0][1]):,} rows, by superfiles\n")
    print("| statement | " + " | ".join(str(key[2]) for key in columns) + " |\n|---" + "|---" * len(columns) + "|")
    for name in names:
        print(f"| {name} | " + " | ".join(cell(found[key][name].get(OURS), None) for key in columns) + " |")


def print_searches(names):
    """What the same search costs called from C and in SQL."""
    print("\n### a search in SQL above the same search called from C\n")
    print("| search | called from C | in SQL | more |\n|---|---|---|---|")
    kinds = dict.fromkeys(name.split(", ")[0] for name in names)
    for kind in kinds:
        called, queried = (names[f"{kind}, {way}"][OURS]["p50"] for way in ("called from C", "in SQL"))
        print(f"| {kind} | {shown(called)} | {shown(queried)} | {shown(queried - called)} |")


def told(found):
    """What a reader must not miss: answers that differ, and where DuckDB's own reader is faster."""
    wrong, slower = [], []
    for (suite, _, files, threads), names in found.items():
        for name, lines in names.items():
            where = f"{suite}, {files} superfiles, {threads} threads, {name}"
            checks = {engine: line["check"] for engine, line in lines.items() if line.get("check")}
            first = checks.get(OURS) or next(iter(checks.values()), None)
            if any(not same(first, check) for check in checks.values()):
                wrong.append(f"{where}: {checks}")
            ours, beside = lines.get(OURS, {}), lines.get(BESIDE, {})
            if "p50" in ours and "p50" in beside and ours[FIGURE] > beside[FIGURE]:
                slower.append(f"{where}: {shown(ours[FIGURE])} against {shown(beside[FIGURE])}, " +
                              ", ".join(f"{ratio(ours[figure] / beside[figure])} of {figure}"
                                        for figure in ("p50", "best", "cpu")))
    return wrong, slower


def main():
    found = sections(sys.argv[-1])
    for key, names in found.items():
        if key[0] == "sql":
            print_searches(names)
        elif key[0] != "sql planning":
            print_section(key, names)
    if any(key[0] == "sql planning" for key in found):
        print_planning(found)
    wrong, slower = told(found)
    if slower:
        print(f"\nSlower than {BESIDE}:\n\n" + "\n".join(f"- {text}" for text in slower))
    for text in wrong:
        print(f"\nTHE ENGINES DISAGREE: {text}")
        print(f"sql: THE ENGINES DISAGREE: {text}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
