#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the peers that the benchmarks compare with, by package name, pinned and verified by hash,
# into an environment of their own: build/bench-peers. Nothing else needs them.
set -eu
cd "$(dirname "$0")/../.."
env=${INLAY_BENCH_PEERS:-$PWD/build/bench-peers}
stamp=$(cksum <bench/peers/requirements.txt)
[ "$(cat "$env/stamp" 2>/dev/null)" = "$stamp" ] && exit 0
python=/usr/bin/python3
[ -x "$python" ] || python=python3
"$python" -m venv "$env"
"$env/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    --only-binary=:all: -r bench/peers/requirements.txt
echo "$stamp" >"$env/stamp"
