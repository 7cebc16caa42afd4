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
folder_cap=8000000  # and from one place, so that no place is all there is
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
        *\'*) printf ' "%s"' "$word" ;;
        *[!A-Za-z0-9_./=-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '%s\n' "$plain"
    inlay "$@" 2>&1
}

# Folders that hold documentation, if the machine has them: what to call it, a tab, where it is.
places() {
    go=$(go env GOROOT 2>/dev/null || true)
    rust=$(rustc --print sysroot 2>/dev/null || true)
    python=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))' 2>/dev/null || true)
    node=$(npm root -g 2>/dev/null || true)
    place node /usr/share/doc/nodejs
    place git /usr/share/doc/git
    place debian /usr/share/doc
    for book in book reference nomicon cargo rustc rust-by-example; do
        place "rust/$book" "$rust/share/doc/rust/html/$book"
    done
    place go/doc "$go/doc"
    place npm "$node/npm"
    for folder in /usr/share/cmake-*/Help; do place cmake "$folder"; done
    for folder in /usr/share/vim/vim*/doc; do place vim "$folder"; done
    place go/api "$go/api"
    place go/src "$go/src"
    place python "$python"
    place perl /usr/share/perl
}
place() {
    case $2 in /share/* | /npm | /doc | /api | /src | '') return 0 ;; esac # a toolchain that is not here
    [ ! -d "$2" ] || printf '%s\t%s\n' "$1" "$2"
}

# The text files below the present folder, "bytes path", a packed one counted as four times its size.
text_files() {
    find . -xdev -type f -size -4096k ! -path '*/.?*/*' ! -path './nodejs/*' ! -path './git/*' \
        ! -iname 'changelog*' \( -name '*.txt' -o -name '*.md' -o -name '*.rst' -o -name '*.html' \
        -o -name '*.txt.gz' -o -name '*.md.gz' -o -name '*.html.gz' \
        -o -name copyright -o -name README -o -name README.gz -o -name NEWS.gz -o -name FAQ.gz \) \
        -printf '%s %P\n' 2>/dev/null | LC_ALL=C sort -k2 |
        awk -v cap="$1" '{ bytes = $1 * (/\.gz$/ ? 4 : 1); if ((sum += bytes) > cap) exit; print bytes, $0 }'
}

# Copies, so that the corpus stays the same from run to run; the files keep their times.
copy_corpus() {
    total=0
    places | while IFS="$(printf '\t')" read -r name folder; do
        left=$((total_cap - total))
        [ "$left" -lt "$folder_cap" ] || left=$folder_cap
        mkdir -p "$corpus/$name"
        (cd "$folder" && text_files "$left") >"$data/files"
        cut -d' ' -f3- "$data/files" | tr '\n' '\0' |
            (cd "$folder" && xargs -0 -r cp --parents --preserve=timestamps -t "$absolute/$name" 2>/dev/null) || true
        total=$((total + $(awk '{ sum += $1 } END { print sum + 0 }' "$data/files")))
    done
    rm -f "$data/files"
}

headline "1. Real documents of this machine"
if [ ! -f "$data/corpus.done" ]; then
    rm -rf "$data"
    mkdir -p "$corpus"
    absolute=$(cd "$corpus" && pwd)
    copy_corpus
    touch "$data/corpus.done"
fi
find "$corpus" -type f -printf '%s\n' | awk -v folder="$corpus" '{ sum += $1 }
    END { printf "%d files of documentation, %.1f MB (some packed), in %s: %s\n", NR, sum / 1e6, folder, names }' \
    names="$(cd "$corpus" && echo *)" -
[ -t 2 ] && inlay import docs "$corpus" || show import docs "$corpus"
show stats docs

headline "2. Full-text search: BM25 over every passage, best first"
show search docs "garbage collection" -k 3 --cost
show search docs '"regular expression" +unicode -perl' -k 3 --cost
show search docs "permission denied file" --all -k 3 --cost

headline "3. SQL over the same rows"
show sql "SELECT format, count(*) AS passages, count(DISTINCT path) AS files,
         sum(length(body)) AS characters, max(modified) AS newest
  FROM docs GROUP BY format ORDER BY passages DESC" --cost
show sql "SELECT path, title, length(body) AS characters FROM docs
  WHERE format = 'markdown' AND body ILIKE '%deadlock%' ORDER BY path, passage LIMIT 5" --cost

headline "4. One file of the table: a plain Parquet file with its search indexes inside"
file=$(find "$data/tables" -name '*.parquet' -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
show inspect "$file"

headline "5. The same file read by plain DuckDB, with no Inlay in the read path"
query="SELECT format, count(*) AS passages, max(length(body)) AS longest
  FROM read_parquet('$file')
  GROUP BY format ORDER BY passages DESC"
printf '%s$ plain_duckdb "%s"%s\n' "$bold" "$query" "$plain"
"$bin/plain_duckdb" "$query"

printf '\nGo on by yourself:\n  export INLAY_DB=%s\n  %s search docs "your words"\n  %s sql\n' \
    "$INLAY_DB" "$bin/inlay" "$bin/inlay"
