#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on real input: documents found on this machine go into a table, are searched, queried with
# SQL, looked at on disk, and read by plain DuckDB. Called by `./run demo` after the build; everything it
# writes is below ./demo-data, and a second run uses what is there. Start afresh: rm -r demo-data
set -eu
cd "$(dirname "$0")/.."
bin=${INLAY_BIN:-build/release/cli}
data=${INLAY_DEMO_DATA:-demo-data}
corpus=$data/corpus
total_cap=60000000  # bytes of text in all
folder_cap=15000000 # and from one place, so that no place is all there is
export INLAY_DB="$data/tables"
[ -t 1 ] || export COLUMNS="${COLUMNS:-110}"
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] && bold=$(printf '\033[1m') plain=$(printf '\033[0m') || bold='' plain=''

inlay() { "$bin/inlay" "$@"; }
headline() { printf '\n%s── %s%s\n' "$bold" "$*" "$plain"; }
# Shows a command as a person would type it, then runs it.
show() {
    printf '%s$ inlay' "$bold"
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./=-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '%s\n' "$plain"
    inlay "$@" 2>&1
}

# Folders that hold documentation, if the machine has them.
places() {
    go=$(go env GOROOT 2>/dev/null || true)
    rust=$(rustc --print sysroot 2>/dev/null || true)
    python=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))' 2>/dev/null || true)
    node=$(npm root -g 2>/dev/null || true)
    for folder in /usr/share/doc/nodejs /usr/share/doc/git /usr/share/doc \
        ${rust:+"$rust/share/doc/rust/html/book" "$rust/share/doc/rust/html/reference"} \
        ${rust:+"$rust/share/doc/rust/html/nomicon" "$rust/share/doc/rust/html/cargo"} \
        ${go:+"$go/doc" "$go/api" "$go/src"} ${node:+"$node/npm"} /usr/share/cmake*/Help \
        /usr/share/vim/vim*/doc ${python:+"$python"} /usr/share/perl /usr/lib/python3/dist-packages; do
        [ -d "$folder" ] && printf '%s\n' "$folder"
    done
    return 0
}

# The text files of a folder, "bytes path", a packed one counted as four times its size.
text_files() {
    find "$1" -xdev -type f -size -4096k \( -name '*.txt' -o -name '*.md' -o -name '*.rst' -o -name '*.html' \
        -o -path '/usr/share/doc/*.gz' -o -name copyright -o -name 'README*' -o -name 'NEWS*' \) \
        ! -iname 'changelog*' -printf '%s %p\n' 2>/dev/null |
        awk '{ if ($0 ~ /\.gz$/) $1 *= 4; print }' | LC_ALL=C sort -k2
}

choose_files() {
    places | while IFS= read -r folder; do
        text_files "$folder" | awk -v cap="$folder_cap" '{ sum += $1; if (sum > cap) exit; print }'
    done | awk -v cap="$total_cap" '!seen[$0]++ { sum += $1; if (sum > cap) exit; sub(/^[0-9]+ /, ""); print }'
}

headline "1. Real documents of this machine"
if [ ! -f "$data/corpus.done" ]; then
    rm -rf "$data"
    mkdir -p "$corpus"
    # Copies, so that the corpus stays the same between runs; times are kept.
    choose_files | tr '\n' '\0' | xargs -0 -r cp --parents --preserve=timestamps -t "$corpus" 2>/dev/null || true
    touch "$data/corpus.done"
fi
printf '%s files, %s MB below %s\n' "$(find "$corpus" -type f | wc -l)" "$(du -s --apparent-size -B1000000 "$corpus" | cut -f1)" "$corpus"
[ -t 2 ] && inlay import docs "$corpus" || show import docs "$corpus"
show stats docs

headline "2. Full-text search: BM25 over every passage, best first"
show search docs "garbage collection" -k 3 --cost
show search docs '"regular expression" +unicode -perl' -k 3 --cost
show search docs "copy file permission denied" --all -k 3 --cost

headline "3. SQL over the same rows"
show sql "SELECT format, count(*) AS passages, count(DISTINCT path) AS files,
         sum(length(body)) AS characters, max(modified) AS newest
  FROM docs GROUP BY format ORDER BY passages DESC" --cost
show sql "SELECT path, title, length(body) AS characters FROM docs
  WHERE format = 'markdown' AND body ILIKE '%deadlock%' ORDER BY path, passage LIMIT 5" --cost

headline "4. One file of the table: a plain Parquet file with its search indexes inside"
file=$(find "$data/tables" -path '*docs*' -name '*.parquet' -size +0 -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
show inspect "$file"

headline "5. The same file read by plain DuckDB, with no Inlay in the read path"
query="SELECT format, count(*) AS passages, max(length(body)) AS longest FROM read_parquet('$file') GROUP BY format ORDER BY passages DESC"
printf '%s$ plain_duckdb "%s"%s\n' "$bold" "$query" "$plain"
"$bin/plain_duckdb" "$query"

printf '\nGo on by yourself:\n  export INLAY_DB=%s\n  %s/inlay search docs "your words"\n  %s/inlay sql\n' "$INLAY_DB" "$bin" "$bin"
