# SPDX-License-Identifier: Apache-2.0
"""Refuses functions that the library must not call, and things that files must not name."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BANNED = ("sprintf vsprintf strcpy strcat strncpy strncat strtok strtok_r atoi atol atoll atof strtol strtoll "
          "strtoul strtoull strtod strtof sscanf gets alloca rand srand random setenv putenv exit abort printf puts "
          "malloc calloc realloc free strdup strndup").split()
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
# The files that own what they are named after.
EXEMPT = {
    "src/base/alloc.c": {"malloc", "realloc", "free"},
}
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def main():
    problems = []
    for path in sorted((ROOT / "src").rglob("*.[ch]")):
        name = str(path.relative_to(ROOT))
        text = COMMENT.sub(blank, path.read_text(encoding="utf-8"))
        for match in CALL.finditer(text):
            if match.group(1) in EXEMPT.get(name, ()):
                continue
            line = text.count("\n", 0, match.start()) + 1
            problems.append(f"{name}:{line}: {match.group(1)}() is banned here")
    names = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True,
                           check=True).stdout.decode().split("\0")
    host = re.compile(r"(registry\.npmjs|pypi\.org|pythonhosted|crates\.io/|deb\.debian\.org|proxy\.golang|/root/|/home/\w)")
    for name in filter(None, names):
        path = ROOT / name
        if path.suffix in (".parquet", ".bin", ".png") or name.startswith("fuzz/corpus") or not path.is_file():
            continue
        if name == "tools/check_banned.py":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if host.search(line):
                problems.append(f"{name}:{number}: names a machine path or a registry host")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
