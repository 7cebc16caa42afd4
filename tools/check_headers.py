# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone (public ones also as C++), has a guard and an SPDX line."""
import concurrent.futures
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def compile_alone(job):
    path, language = job
    name = path.relative_to(ROOT)
    command = ["g++" if language == "c++" else "gcc", "-x", language, "-std=" + ("c++17" if language == "c++" else "c17"),
               "-fsyntax-only", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
               "-I", str(ROOT / "include"), "-I", str(ROOT / "src"), "-I", str(ROOT / ".deps/duckdb/include"),
               "-include", str(path), "/dev/null"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{name} ({language}): {done.stderr.strip()}" if done.returncode else None


def main():
    public = sorted((ROOT / "include").rglob("*.h"))
    internal = sorted((ROOT / "src").rglob("*.h"))
    problems = []
    for path in public + internal + sorted((ROOT / "src").rglob("*.c")):
        text = path.read_text(encoding="utf-8")
        if "SPDX-License-Identifier: Apache-2.0" not in text[:200]:
            problems.append(f"{path.relative_to(ROOT)}: no SPDX line at the top")
        if path.suffix == ".h" and "#ifndef INLAY_" not in text:
            problems.append(f"{path.relative_to(ROOT)}: no include guard INLAY_...")
    jobs = [(p, "c") for p in public + internal] + [(p, "c++") for p in public]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        problems += [p for p in pool.map(compile_alone, jobs) if p]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
