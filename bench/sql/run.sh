#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The SQL benchmark: tables (ours are made once and kept), ours and the peers, one after the other; see README.md.
# usage: bench/sql/run.sh --matrix|--clickbench|--planning [--small] [--rows N] [--engines a,b] [--threads 1,2] [--keep]
set -eu
cd "$(dirname "$0")/../.."
section=
small=no
rows=
engines=inlay,duckdb-parquet,duckdb-table,datafusion,infino
threads=1,2
keep=no
while [ $# -gt 0 ]; do
    case $1 in
    --matrix | --clickbench | --planning) section=${1#--}; shift ;;
    --small) small=yes; shift ;;
    --rows) rows=$2; shift 2 ;;
    --engines) engines=$2; shift 2 ;;
    --threads) threads=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    *) sed -n '4p' "$0" >&2; exit 2 ;;
    esac
done
# section: what data.py makes, rows, files of the source, tables by their number of superfiles, words of a title
case $section$small in
matrixno) kind=matrix; default=1000000; parts=256; tables="1 256"; words=200 ;;
matrixyes) kind=matrix; default=100000; parts=8; tables="1 8"; words=200 ;;
clickbenchno) kind=clickbench; default=10000000; parts=10; tables=10; words=0 ;;
clickbenchyes) kind=clickbench; default=1000000; parts=4; tables=4; words=0 ;;
planningno) kind=matrix; default=200000; parts=256; tables="1 16 64 256"; words=20 ;;
planningyes) kind=matrix; default=20000; parts=16; tables="1 4 16"; words=20 ;;
*) sed -n '4p' "$0" >&2; exit 2 ;;
esac
rows=${rows:-$default}
build=${INLAY_BENCH_BUILD:-build/release}
[ -x "$build/bench/inlay_bench" ] || { echo "sql: no $build/bench/inlay_bench; run ./run build" >&2; exit 1; }
INLAY_BENCH_BUILD=$build
LD_LIBRARY_PATH=${INLAY_DEPS_DIR:-.deps}/duckdb/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export INLAY_BENCH_BUILD LD_LIBRARY_PATH
bench/peers/setup.sh sql >&2
python=${INLAY_BENCH_PEERS:-build/bench-peers}/bin/python
folder=${INLAY_BENCH_SQL:-${XDG_CACHE_HOME:-$HOME/.cache}/inlay-bench/sql}/$section-$rows
mkdir -p bench/results
out=bench/results/sql-$section-$(date +%Y-%m-%d).jsonl
: >"$out"

# Ours, with $1 superfiles. Clickbench's table has no index.
make_ours() {
    table=$folder.new/inlay-$1
    if [ $kind = matrix ]; then
        "$build/cli/inlay" --db "$table" create docs --vector emb --text title \
            --text bucket:keyword --text key:keyword --text category:keyword --column \
            'title:utf8,bucket:utf8,key:utf8,category:utf8,rating:int64,n:int64,emb:float32[16]' >&2
    fi
    "$build/bench/inlay_bench" load --dir "$table" --source "$folder.new/source" --files "$1" --threads 2 |
        tee -a "$folder.new/load.jsonl" >&2
    "$python" bench/sql/measure.py link "$folder.new" "$1"
}

if [ ! -d "$folder" ]; then
    echo "sql: making $folder" >&2
    rm -rf "$folder.new"
    mkdir -p "$folder.new"
    "$python" bench/sql/data.py "$kind" "$rows" "$parts" "$words" "$folder.new/source"
    mv "$folder.new/source/meta.json" "$folder.new/meta.json"
    for files in $tables; do
        make_ours "$files"
    done
    rm -rf "$folder.new/source"
    mv "$folder.new" "$folder"
fi

measure() { # files engine
    for number in $(echo "$threads" | tr ',' ' '); do
        echo "sql: $section, $1 files, $2, threads: $number" >&2
        "$python" bench/sql/measure.py run "$section" "$folder" "$1" "$number" "$2" >>"$out" ||
            echo "sql: $2 failed" >&2
    done
}

remove_copies() { rm -rf "$folder"/infino-* "$folder"/duckdb-*; }
[ $keep = yes ] || trap remove_copies EXIT INT TERM

if [ $section = planning ]; then
    threads=1
    for files in $tables; do
        measure "$files" inlay
    done
    "$build/bench/inlay_bench" searches --dir "$folder/inlay-1" >>"$out"
else
    for files in $tables; do
        for engine in $(echo "$engines" | tr ',' ' '); do
            # DuckDB's own table is the same whatever files it came from.
            [ "$engine" != duckdb-table ] || [ "$files" = "${tables%% *}" ] || continue
            echo "sql: $section, $files files, $engine" >&2
            "$python" bench/sql/measure.py make "$section" "$folder" "$files" "$engine" >&2 ||
                { echo "sql: $engine failed to make its table" >&2; continue; }
            measure "$files" "$engine"
            [ $keep = yes ] || remove_copies
        done
    done
fi
"$python" bench/sql/summarise.py "$out"
