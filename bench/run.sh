#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every benchmark, ours and the peers' by turns, three times; see bench/README.md. Builds nothing.
# usage: bench/run.sh [--rows N] [--repeat N] [--no-peers]
set -eu
cd "$(dirname "$0")/.."
rows=1000000
repeat=3
peers=yes
while [ $# -gt 0 ]; do
    case $1 in
    --rows) rows=$2; shift 2 ;;
    --repeat) repeat=$2; shift 2 ;;
    --no-peers) peers=no; shift ;;
    *) sed -n '4p' "$0" >&2; exit 2 ;;
    esac
done
build=${INLAY_BENCH_BUILD:-build/release}
python=build/bench-peers/bin/python
[ -x "$build/bench/inlay_bench" ] || { echo "bench: no $build/bench/inlay_bench; run ./run build" >&2; exit 1; }
LD_LIBRARY_PATH=${INLAY_DEPS_DIR:-.deps}/duckdb/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
[ $peers = no ] || bench/peers/setup.sh >&2

data=$(mktemp -d "${TMPDIR:-/tmp}/inlay-bench-XXXXXX")
trap 'rm -rf "$data"' EXIT INT TERM
mkdir -p bench/results
out=bench/results/$(date +%Y-%m-%d).jsonl
: >"$out"

ours() { "$build/bench/inlay_bench" "$@" >>"$out"; }
peer() {
    [ $peers = yes ] || return 0
    # A peer that fails is reported and left out; the run goes on.
    "$python" "bench/peers/$1_peer.py" "$2" "$superfile" "$data/$1" "$data/queries" >>"$out" ||
        echo "bench: $1 $2 failed" >&2
}
duckdb() { "$build/bench/inlay_bench_duckdb" "$superfile" "$1" 15 "$title" >>"$out"; }

"$build/bench/inlay_bench" queries --rows "$rows" >"$data/queries"
title=$(awk -F '\t' '$2 == "sql" { print $4 }' "$data/queries")
for turn in $(seq "$repeat"); do
    echo "bench: turn $turn of $repeat, appending" >&2
    rm -rf "$data/table"
    ours append --dir "$data/table" --rows "$rows" --file-mib 65536
    superfile=$(find "$data/table" -name '*.parquet' -size +1M | head -n 1)
    for mebibytes in 64 512; do # about 360 bytes of text a row; default file size
        ours memory --dir "$data/memory" --rows $((mebibytes * 1048576 / 379))
        rm -rf "$data/memory"
    done
    ours import --dir "$data/import" --rows $((rows / 4))
    rm -rf "$data/import"
    if [ -d /usr/share/doc ]; then
        ours import --dir "$data/import" --source /usr/share/doc
        rm -rf "$data/import"
    fi
    if [ "$turn" = 1 ]; then # these take minutes; what they built serves all turns
        peer tantivy append
        peer infino append
    fi
    echo "bench: turn $turn of $repeat, reading" >&2
    ours open --dir "$data/table"
    ours fetch --dir "$data/table"
    for threads in 1 2; do
        ours sql --dir "$data/table" --threads "$threads"
        duckdb "$threads"
    done
    ours text --dir "$data/table"
    peer tantivy text
    peer infino text
done
${INLAY_PYTHON:-python3} bench/summarise.py "$out"
