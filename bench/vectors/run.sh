#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The vector benchmark: datasets (made once, cached), ours and the peers, one after the other; see README.md.
# usage: bench/vectors/run.sh [--small] [--datasets a,b] [--peers faiss,lancedb,usearch,infino] [--no-ours]
set -eu
cd "$(dirname "$0")/../.."
datasets=
small=no
peers=faiss,infino,usearch,lancedb
ours=yes
while [ $# -gt 0 ]; do
    case $1 in
    --small) small=yes; shift ;;
    --datasets) datasets=$2; shift 2 ;;
    --peers) peers=$2; shift 2 ;;
    --no-ours) ours=no; shift ;;
    *) sed -n '4p' "$0" >&2; exit 2 ;;
    esac
done
build=${INLAY_BENCH_BUILD:-build/release}
bench/peers/setup.sh vectors >&2
python=${INLAY_BENCH_PEERS:-build/bench-peers}/bin/python
LD_LIBRARY_PATH=${INLAY_DEPS_DIR:-.deps}/duckdb/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

[ -n "$datasets" ] || datasets=$("$python" bench/vectors/datasets.py --list | tr '\n' ',')
work=$(mktemp -d "${TMPDIR:-/tmp}/inlay-vectors-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p bench/results
out=bench/results/vectors-$(date +%Y-%m-%d).jsonl
: >"$out"

# Ours: `inlay_bench vectors DATASET_FOLDER WORK_FOLDER` prints the same lines as measure.py.
measure_ours() {
    [ $ours = yes ] || return 0
    "$build/bench/inlay_bench" vectors "$1" "$2" >>"$out" || echo "vectors: ours failed on $1" >&2
}

for name in $(echo "$datasets" | tr ',' ' '); do
    case $small$name in yes*1m*) continue ;; esac
    folder=$("$python" bench/vectors/datasets.py "$name")
    echo "vectors: $name, ours" >&2
    measure_ours "$folder" "$work/ours"
    rm -rf "$work/ours"
    for peer in $(echo "$peers" | tr ',' ' '); do
        echo "vectors: $name, $peer" >&2
        # A peer that fails is reported and left out; the run goes on.
        "$python" bench/vectors/measure.py "$peer" "$folder" "$work" >>"$out" ||
            echo "vectors: $peer failed on $name" >&2
    done
done
"$python" bench/vectors/summarise.py "$out"
