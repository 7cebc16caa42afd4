#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every check of the tree that needs no test run; under 40 s. Prints what is wrong and exits 1.
set -u
cd "$(dirname "$0")/.."
failed=0
step() {
    name=$1
    shift
    if output=$("$@" 2>&1); then
        printf 'check: %-18s ok\n' "$name"
    else
        printf 'check: %-18s FAILED\n%s\n' "$name" "$output"
        failed=1
    fi
}
python=python3
[ -x .deps/python/bin/python ] && python=.deps/python/bin/python

format() {
    git ls-files -z -co --exclude-standard '*.c' '*.h' | xargs -0 -r sh -c '
        for f; do [ -f "$f" ] && case $f in */generated/*) ;; *) printf "%s\0" "$f" ;; esac; done' sh |
        xargs -0 -r -P 2 -n 40 clang-format-14 --dry-run -Werror 2>&1 |
        grep "error:" | cut -d: -f1 | sort | uniq -c | awk "{print; bad = 1} END {exit bad}"
}

step format format
step layers "$python" tools/check_layers.py
step banned "$python" tools/check_banned.py
step headers "$python" tools/check_headers.py
step limits "$python" tools/check_limits.py
step symbols "$python" tools/check_symbols.py
exit $failed
