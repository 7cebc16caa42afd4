# SPDX-License-Identifier: Apache-2.0
"""Runs the tree checks, every CTest of the given build folders, and counts the cases.

usage: run_tests.py BUILD_FOLDER...

A cmocka program counts one per test case, any other CTest counts one. The last line is
"N passed, N failed" (", N skipped" when something skipped); the exit code is 1 when anything failed.
"""
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASE = re.compile(r"^\[\s+(OK|FAILED|SKIPPED)\s+\] (\S+)\s*$", re.MULTILINE)
GROUP_SUMMARY = re.compile(r"^\[\s+(PASSED|FAILED|SKIPPED)\s+\] \d+ test", re.MULTILINE)


def case_counts(name, output, test_passed, skipped):
    """(passed, failed, skipped) of one CTest."""
    found = {"OK": set(), "FAILED": set(), "SKIPPED": set()}
    for verdict, case in CASE.findall(output):
        found[verdict].add(case.rstrip(","))
    # cmocka lists failed and skipped cases again in its summary; sets count each once.
    passed = len(found["OK"] - found["FAILED"])
    failed = len(found["FAILED"])
    skips = len(found["SKIPPED"])
    if skipped:
        return 0, 0, 1
    if passed + failed + skips == 0:
        return (1, 0, 0) if test_passed else (0, 1, 0)
    if not test_passed and failed == 0:
        failed = 1  # crashed, leaked or timed out after its last case
    return passed, failed, skips


def run_folder(folder, jobs):
    report = folder / "ctest.xml"
    subprocess.run(
        ["ctest", "--test-dir", str(folder), "-j", str(jobs), "--output-on-failure", "--no-tests=error",
         "--output-junit", str(report.resolve()), "--test-output-size-passed", "1000000",
         "--test-output-size-failed", "1000000"],
        cwd=ROOT, check=False)
    totals = [0, 0, 0]
    if not report.exists():
        print(f"{folder}: ctest left no report")
        return [0, 1, 0]
    for case in xml.parse(report).getroot().iter("testcase"):
        output = case.findtext("system-out") or ""
        status = case.get("status")
        counts = case_counts(case.get("name"), output, status == "run", status in ("notrun", "disabled"))
        totals = [a + b for a, b in zip(totals, counts)]
    return totals


def main():
    os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1:abort_on_error=0")
    os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    jobs = os.cpu_count() or 2
    totals = [0, 0, 0]
    checks = subprocess.run([str(ROOT / "tools" / "check.sh")], cwd=ROOT, check=False)
    totals[0 if checks.returncode == 0 else 1] += 1
    for folder in sys.argv[1:]:
        totals = [a + b for a, b in zip(totals, run_folder(pathlib.Path(folder), jobs))]
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
