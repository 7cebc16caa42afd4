# SPDX-License-Identifier: Apache-2.0
"""File, function and complexity limits, with a waiver list that may only shrink.

Limits: a file 1,000 lines, a function 100 lines, McCabe complexity 20 (measured with pmccabe). A waiver
in tools/limits_waivers.txt reads "<file>:<function or -> <lines> <complexity>"; the present value must not
exceed it, and a waiver that is no longer needed must go.
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES, COMPLEXITY = 1000, 100, 20


def measured():
    """{name: (lines, complexity)} of everything beyond a limit."""
    files = [p for folder in ("src", "cli") for p in sorted((ROOT / folder).rglob("*.[ch]")) if "generated" not in p.parts]
    over = {}
    for path in files:
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > FILE_LINES:
            over[f"{path.relative_to(ROOT)}:-"] = (lines, 0)
    sources = [str(p.relative_to(ROOT)) for p in files if p.suffix == ".c"]
    if not sources:
        return over
    report = subprocess.run(["pmccabe", *sources], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    for row in report.splitlines():
        columns = row.split("\t")
        if len(columns) < 6:
            continue
        complexity, lines = int(columns[0]), int(columns[4])
        place, function = columns[5].rsplit(": ", 1)
        if lines > FUNCTION_LINES or complexity > COMPLEXITY:
            over[f"{place.split('(')[0]}:{function}"] = (lines, complexity)
    return over


def main():
    waivers = {}
    for line in (ROOT / "tools/limits_waivers.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, lines, complexity = line.split()
            waivers[name] = (int(lines), int(complexity))
    over = measured()
    problems = [f"{name}: {lines} lines, complexity {complexity} (limits {FUNCTION_LINES}, {COMPLEXITY}; file {FILE_LINES})"
                for name, (lines, complexity) in sorted(over.items())
                if name not in waivers or lines > waivers[name][0] or complexity > waivers[name][1]]
    problems += [f"{name}: its waiver is no longer needed, remove it" for name in sorted(set(waivers) - set(over))]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
