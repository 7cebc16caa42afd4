#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs a build into a fresh prefix, moves the prefix (it must not know where it was), and uses it as
# a stranger would: with pkg-config, with find_package, from C++, and through the command line tool.
# Usage: run.sh BUILD_FOLDER WORK_FOLDER CFLAGS  (CFLAGS: the sanitizers of the build, may be empty)
set -eu
build=$1
work=$2
flags=${3-}
here=$(cd "$(dirname "$0")" && pwd)
examples=$(cd "$here/../../examples" && pwd)

say() { printf 'install: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work/run"
cmake --install "$build" --prefix "$work/first" > "$work/install.log"
mv "$work/first" "$work/prefix"
prefix=$work/prefix
pc=$(find "$prefix" -name inlay.pc)
[ -n "$pc" ] || fail "no inlay.pc"
libdir=$(dirname "$(dirname "$pc")")
for file in include/inlay/inlay.h include/inlay/search.h; do
    [ -f "$prefix/$file" ] || fail "$file is missing"
done
if grep -rIlF -e "$build" -e "$work" "$prefix" | grep . ; then
    fail "these files name a folder of the build"
fi

# Every NEEDED library is found from the library itself, without LD_LIBRARY_PATH.
if ldd "$libdir/libinlay.so" | grep 'not found'; then
    fail "libinlay does not find its libraries"
fi

export PKG_CONFIG_PATH="$libdir/pkgconfig"
run_in() { (cd "$work/run" && "$@") || fail "$1 failed"; }

say "pkg-config"
for source in "$here/consumer.c" "$examples"/*.c; do
    [ -f "$source" ] || continue
    name=$(basename "$source" .c)
    # The flags are words on purpose.
    # shellcheck disable=SC2046,SC2086
    cc -std=c17 $flags -o "$work/$name" "$source" $(pkg-config --cflags --libs inlay) \
        -Wl,-rpath,"$libdir"
    run_in "$work/$name" > "$work/$name.out"
done
if command -v c++ > /dev/null; then
    # shellcheck disable=SC2046,SC2086
    c++ -x c++ -Wall -Werror $flags -o "$work/consumer_cxx" "$here/consumer.c" -x none \
        $(pkg-config --cflags --libs inlay) -Wl,-rpath,"$libdir"
    run_in "$work/consumer_cxx" > "$work/consumer_cxx.out"
fi

say "find_package"
cmake -G Ninja -S "$examples" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="$flags" \
    > "$work/cmake.log"
cmake --build "$work/cmake" >> "$work/cmake.log"
rm -rf "$work/run"
mkdir "$work/run"
for source in "$examples"/*.c; do
    [ -f "$source" ] || continue
    name=$(basename "$source" .c)
    run_in "$work/cmake/$name" > "$work/$name.cmake.out"
done

if [ -x "$prefix/bin/inlay" ]; then
    say "bin/inlay"
    "$prefix/bin/inlay" version > "$work/cli.out" || fail "bin/inlay does not start"
fi
say "ok"
