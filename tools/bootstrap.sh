#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what a build needs, by package name, pinned and verified. Safe to run again: what is there
# is left alone. Usage: tools/bootstrap.sh [build|test]   (default build; test adds the test tools)
set -eu
cd "$(dirname "$0")/.."
. tools/dependencies.env
purpose=${1:-build}
deps=${INLAY_DEPS_DIR:-$PWD/.deps}
mkdir -p "$deps"

say() { printf '%s\n' "bootstrap: $*" >&2; }
fail() { say "$*"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo "$@"
    else fail "need root (or sudo) to run: $*"; fi
}

# Package clients fail now and then for reasons of the network; a second try is cheap.
retry() {
    for attempt in 1 2 3; do
        "$@" && return 0
        say "attempt $attempt failed: $*"
        sleep $((attempt * 3))
    done
    return 1
}

install_debian_packages() {
    missing=
    for package in $*; do
        dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' && continue
        # A tool that came another way (a toolchain image, say) serves as well.
        case $package in
            gcc|g++|cmake|git|npm) command -v "$package" >/dev/null 2>&1 && continue ;;
            ninja-build) command -v ninja >/dev/null 2>&1 && continue ;;
        esac
        missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null 2>&1 || fail "install these packages by hand:$missing"
    say "installing Debian packages:$missing"
    retry as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
    retry as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >"$deps/apt.log" 2>&1 ||
        { tail -n 20 "$deps/apt.log" >&2; fail "apt-get could not install:$missing"; }
}

# A virtual environment of the system's Python; its pip verifies hashes.
python_env() {
    [ -x "$deps/python/bin/python" ] && return 0
    python=/usr/bin/python3
    [ -x "$python" ] || python=python3
    "$python" -m venv "$deps/python" || fail "python3 -m venv failed; is python3-venv installed?"
}

install_duckdb_library() {
    [ -s "$deps/duckdb/lib/libduckdb.so" ] && [ "$(cat "$deps/duckdb/lib/version" 2>/dev/null)" = "$DUCKDB_NPM_VERSION" ] && return 0
    case $(uname -m) in
        x86_64) platform=linux-x64 expected=$DUCKDB_NPM_SHA512_x86_64 ;;
        *) fail "no pinned libduckdb for $(uname -m); install one and its duckdb.h on the system" ;;
    esac
    say "fetching libduckdb $DUCKDB_NPM_VERSION"
    work=$(mktemp -d)
    (cd "$work" && retry npm pack --silent "@duckdb/node-bindings-$platform@$DUCKDB_NPM_VERSION" >/dev/null) ||
        fail "npm pack of libduckdb failed"
    verify_sha512 "$work"/*.tgz "$expected"
    mkdir -p "$deps/duckdb/lib"
    tar xzf "$work"/*.tgz -C "$deps/duckdb/lib" --strip-components=1 package/libduckdb.so
    echo "$DUCKDB_NPM_VERSION" >"$deps/duckdb/lib/version"
    rm -rf "$work"
}

verify_sha512() {
    found=$(sha512_base64 "$1")
    [ "$found" = "$2" ] || fail "$(basename "$1"): sha512 is $found, expected $2"
}

# base64 of the raw digest, as npm writes integrity values.
sha512_base64() {
    "$deps/python/bin/python" -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$1"
}

install_duckdb_header() {
    [ "$(cat "$deps/duckdb/include/version" 2>/dev/null)" = "$DUCKDB_VERSION" ] && return 0
    say "fetching duckdb.h $DUCKDB_VERSION"
    work=$(mktemp -d)
    printf 'duckdb==%s --hash=sha256:%s\n' "$DUCKDB_VERSION" "$DUCKDB_SDIST_SHA256" >"$work/requirements.txt"
    (cd "$work" && retry "$deps/python/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps \
        --no-binary=duckdb --require-hashes -r requirements.txt -d .) ||
        fail "pip could not fetch the duckdb source distribution"
    mkdir -p "$deps/duckdb/include"
    tar xzf "$work/duckdb-$DUCKDB_VERSION.tar.gz" -C "$deps/duckdb/include" --strip-components=5 \
        "duckdb-$DUCKDB_VERSION/external/duckdb/src/include/duckdb.h"
    echo "$DUCKDB_VERSION" >"$deps/duckdb/include/version"
    rm -rf "$work"
}

install_interop_readers() {
    stamp=$(cat tests/interop/deps/requirements.txt tests/interop/deps/package-lock.json | cksum)
    [ "$(cat "$deps/interop.stamp" 2>/dev/null)" = "$stamp" ] && return 0
    say "installing the Parquet readers that the interop tests compare with"
    retry "$deps/python/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r tests/interop/deps/requirements.txt || fail "pip could not install the interop readers"
    mkdir -p "$deps/node"
    cp tests/interop/deps/package.json tests/interop/deps/package-lock.json "$deps/node/"
    (cd "$deps/node" && retry npm ci --silent --no-audit --no-fund >/dev/null) ||
        fail "npm could not install the interop readers"
    echo "$stamp" >"$deps/interop.stamp"
}

# Public SQL test files come in a crate; `cargo info` fetches its archive and nothing that it depends
# on. Without such a cargo the test sql/public is skipped, visibly.
install_sql_suites() {
    [ "$(cat "$deps/sql-suites/version" 2>/dev/null)" = "$SQL_SUITES_VERSION" ] && return 0
    if ! command -v cargo >/dev/null 2>&1 || ! cargo help info >/dev/null 2>&1; then
        say "no cargo with 'cargo info' (1.82 or newer): the test sql/public will be skipped"
        return 0
    fi
    say "fetching $SQL_SUITES_CRATE $SQL_SUITES_VERSION"
    work=$(mktemp -d)
    (cd "$work" && CARGO_HOME=$work/cargo retry cargo info --quiet \
        "$SQL_SUITES_CRATE@$SQL_SUITES_VERSION" >/dev/null 2>&1) ||
        { say "cargo could not fetch it: the test sql/public will be skipped"; rm -rf "$work"; return 0; }
    crate=$(find "$work/cargo/registry/cache" -name "$SQL_SUITES_CRATE-$SQL_SUITES_VERSION.crate")
    found=$(sha256sum "$crate" | cut -d' ' -f1)
    [ "$found" = "$SQL_SUITES_SHA256" ] || fail "$SQL_SUITES_CRATE: sha256 is $found, expected $SQL_SUITES_SHA256"
    mkdir -p "$deps/sql-suites"
    tar xzf "$crate" -C "$deps/sql-suites" --strip-components=2 \
        "$SQL_SUITES_CRATE-$SQL_SUITES_VERSION/test_files"
    echo "$SQL_SUITES_VERSION" >"$deps/sql-suites/version"
    rm -rf "$work"
}

install_debian_packages $APT_BUILD
python_env
install_duckdb_library
install_duckdb_header
if [ "$purpose" = test ]; then
    install_debian_packages $APT_TEST
    install_interop_readers
    install_sql_suites
fi
