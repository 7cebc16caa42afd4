# SPDX-License-Identifier: Apache-2.0
"""The exported symbols of the shared library equal abi/symbols.txt ("<symbol> <first version>").

Looks at the newest libinlay.so under build/asan and build/release; says so when there is none.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROTOTYPE = re.compile(r"INLAY_API[^;]*?\b(inlay_\w+)\s*\(", re.DOTALL)


def main():
    registry = {}
    for line in (ROOT / "abi/symbols.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            symbol, version = line.split()
            registry[symbol] = version
    declared = set()
    for header in sorted((ROOT / "include").rglob("*.h")):
        declared |= set(PROTOTYPE.findall(header.read_text(encoding="utf-8")))
    problems = [f"{s}: declared INLAY_API but not in abi/symbols.txt" for s in sorted(declared - set(registry))]
    problems += [f"{s}: in abi/symbols.txt but no header declares it" for s in sorted(set(registry) - declared)]
    libraries = [p for p in (ROOT / "build/asan/libinlay.so", ROOT / "build/release/libinlay.so") if p.exists()]
    libraries.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    if libraries:
        table = subprocess.run(["nm", "-D", "--defined-only", str(libraries[0])], capture_output=True, text=True, check=True)
        exported = {row.split()[-1].split("@")[0] for row in table.stdout.splitlines()}
        exported = {s for s in exported if not s.startswith(("__asan", "__ubsan", "__odr", "___asan", "_init", "_fini"))}
        problems += [f"{s}: exported but not in abi/symbols.txt" for s in sorted(exported - set(registry))]
        problems += [f"{s}: in abi/symbols.txt but not exported" for s in sorted(set(registry) - exported)]
    else:
        print("no libinlay.so built yet: only the headers were compared")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
