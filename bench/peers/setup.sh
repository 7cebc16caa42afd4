#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the peers that the benchmarks compare with, by package name, pinned and verified by hash,
# into an environment of their own: build/bench-peers. Nothing else needs them.
# usage: setup.sh [vectors|sql]     with the peers of that benchmark; vectors: and the model it embeds with
set -eu
cd "$(dirname "$0")/../.."
env=${INLAY_BENCH_PEERS:-$PWD/build/bench-peers}
python=/usr/bin/python3
[ -x "$python" ] || python=python3

# $1: requirements file, $2: what marks it as installed, the rest: options of pip
install() {
    file=$1
    mark=$2
    shift 2
    stamp=$(cksum <"$file")
    [ "$(cat "$env/$mark" 2>/dev/null)" = "$stamp" ] && return 0
    [ -x "$env/bin/python" ] || "$python" -m venv "$env"
    "$env/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        --only-binary=:all: "$@" -r "$file"
    echo "$stamp" >"$env/$mark"
}

install bench/peers/requirements.txt stamp
[ "${1:-}" != vectors ] || install bench/peers/requirements-vectors.txt stamp-vectors --no-deps
[ "${1:-}" != sql ] || install bench/peers/requirements-sql.txt stamp-sql --no-deps
