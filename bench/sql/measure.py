# SPDX-License-Identifier: Apache-2.0
"""Makes and measures one engine's table of the SQL benchmark; run.sh calls it.

usage: measure.py link FOLDER FILES                           Parquet files of ours under names in order
       measure.py make SECTION FOLDER FILES ENGINE            the engine's own copy, from these
       measure.py run SECTION FOLDER FILES THREADS ENGINE     prints JSON lines, as README.md says
ENGINE: inlay, duckdb-parquet, duckdb-table, datafusion, infino. A run is bound to as many cores as it has
threads. A statement that takes longer than LIMIT seconds with its warm-up is ended and left out.
"""
import glob
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

import statements

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "..", "peers")
BUILD = os.environ.get("INLAY_BENCH_BUILD", os.path.join(HERE, "..", "..", "build", "release"))
LIMIT, OPENING, WARMING = 60, 60, 600
NAMES = {"inlay": "inlay", "duckdb-parquet": "DuckDB, our Parquet", "duckdb-table": "DuckDB, own table",
         "datafusion": "DataFusion, our Parquet", "infino": "infino"}
INDEXED = {"matrix": "title,bucket,key,category", "clickbench": ""}


def program(name):
    return os.path.join(BUILD, "bench", name)


def parquet_files(folder, files):
    return sorted(glob.glob(os.path.join(folder, f"parquet-{files}", "*.parquet")))


def link(folder, files):
    """Hard links: other engines take the files of a folder by the order of their names."""
    table = os.path.join(folder, f"inlay-{files}")
    listed = subprocess.run([os.path.join(BUILD, "cli", "inlay"), "--db", table, "stats", "docs", "--json"],
                            check=True, capture_output=True, text=True).stdout
    keys = [line["key"] for line in map(json.loads, listed.splitlines()) if "key" in line]
    if len(keys) != int(files):
        sys.exit(f"measure: {table} has {len(keys)} superfiles, not {files}")
    found = {os.path.relpath(path, os.path.dirname(table)): path
             for path in glob.glob(os.path.join(table, "**", "*.parquet"), recursive=True)}
    out = os.path.join(folder, f"parquet-{files}")
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    for number, key in enumerate(keys):
        path, = [path for path in found.values() if path.endswith("/" + key)]
        os.link(path, os.path.join(out, f"{number:05d}.parquet"))


def relation(folder, files):
    return "read_parquet([" + ", ".join(f"'{path}'" for path in parquet_files(folder, files)) + "])"


def make(section, folder, files, engine):
    if engine == "duckdb-table":
        left_out = "_id, emb" if section == "matrix" else "_id"
        text = f"CREATE TABLE docs AS SELECT * EXCLUDE ({left_out}) FROM {relation(folder, files)}"
        made = os.path.join(folder, f"duckdb-{files}.db")
        command = [program("inlay_bench_duckdb_statements"), "", made, text, "2"]
    elif engine == "infino":
        made = os.path.join(folder, f"infino-{files}")
        command = [sys.executable, os.path.join(PEERS, "sql_infino.py"), "make",
                   os.path.join(folder, f"parquet-{files}"), made, INDEXED[section]]
    else:
        return 0
    if os.path.exists(made + ".made"):  # of an earlier run with --keep
        return 0
    begin = time.perf_counter()
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        open(made + ".made", "w", encoding="utf-8").close()
        print(f"sql: {NAMES[engine]} took {time.perf_counter() - begin:.1f} s to take the rows, "
              f"{bytes_of(made) / 1e6:,.0f} MB", file=sys.stderr)
    return status


def bytes_of(path):
    inner = [os.path.join(at, name) for at, _, names in os.walk(path) for name in names] or [path]
    return sum(os.path.getsize(name) for name in inner)


def command_of(folder, files, threads, engine, text):
    if engine == "inlay":
        return [program("inlay_bench"), "statements", "--dir", os.path.join(folder, f"inlay-{files}"),
                "--threads", threads, "--source", text]
    if engine == "duckdb-parquet":
        view = f"CREATE VIEW docs AS SELECT * FROM {relation(folder, files)}"
        return [program("inlay_bench_duckdb_statements"), "", ":memory:", view, threads, text]
    if engine == "duckdb-table":
        database = os.path.join(folder, f"duckdb-{files}.db")
        return [program("inlay_bench_duckdb_statements"), "", database, "", threads, text]
    if engine == "datafusion":
        return [sys.executable, os.path.join(PEERS, "sql_datafusion.py"),
                os.path.join(folder, f"parquet-{files}"), threads, text]
    return infino_command("run", folder, files, text)


def infino_command(step, folder, files, text):
    return [sys.executable, os.path.join(PEERS, "sql_infino.py"), step, os.path.join(folder, f"infino-{files}"),
            os.path.join(folder, f"infino-{files}.cache"), text]


def warm_infino(folder, files, wanted):
    """Its disk cache is complete before anything is timed; what it does not manage in WARMING seconds is left."""
    if os.path.exists(os.path.join(folder, f"infino-{files}.cache")):
        return
    with tempfile.NamedTemporaryFile("w", suffix=".statements") as text:
        text.writelines(f"{name}\t{sql}\n" for name, sql, _ in wanted)
        text.flush()
        try:
            subprocess.run(infino_command("warm", folder, files, text.name), check=False, timeout=WARMING)
        except subprocess.TimeoutExpired:
            print(f"sql: infino's disk cache was not warm after {WARMING} s", file=sys.stderr)


def lines_of(process):
    """The process's lines; None for one that does not come in time, "" at its end."""
    kept, limit = b"", LIMIT + OPENING
    descriptor = process.stdout.fileno()
    while True:
        while b"\n" in kept:
            line, _, kept = kept.partition(b"\n")
            limit = LIMIT
            yield line.decode()
        begin = time.monotonic()
        ready, _, _ = select.select([descriptor], [], [], limit)
        if not ready:
            yield None
            return
        limit = max(1.0, limit - (time.monotonic() - begin)) if b"\n" not in kept else LIMIT
        part = os.read(descriptor, 1 << 16)
        if not part:
            yield ""
            return
        kept += part


def run_once(wanted, command_for, cores):
    """Runs the statements one after the other; gives the lines, and how many statements they settle."""
    with tempfile.NamedTemporaryFile("w", suffix=".statements") as text:
        text.writelines(f"{name}\t{sql}\n" for name, sql, _ in wanted)
        text.flush()
        process = subprocess.Popen(command_for(text.name), stdout=subprocess.PIPE,
                                   preexec_fn=lambda: os.sched_setaffinity(0, cores))
        settled = 0
        try:
            for line in lines_of(process):
                if line is None:
                    yield {"failed": f"took longer than {LIMIT} s"}
                    return
                if line == "":
                    break
                settled += 1
                yield json.loads(line)
        finally:
            process.kill()
            status = process.wait()
        if settled < len(wanted):
            yield {"failed": f"the engine ended with status {status}"}


def run(section, folder, files, threads, engine):
    with open(os.path.join(folder, "meta.json"), encoding="utf-8") as file:
        left = statements.of_section(section, engine, json.load(file))
    if engine == "infino":
        warm_infino(folder, files, left)
    cores = set(sorted(os.sched_getaffinity(0))[-int(threads):])
    while left:
        for line in run_once(left, lambda text: command_of(folder, files, threads, engine, text), cores):
            (name, _, agree), left = left[0], left[1:]
            line.update(engine=NAMES[engine], suite=f"sql {section}", name=name, files=int(files),
                        rows=os.path.basename(folder).rsplit("-", 1)[-1], threads=int(threads),
                        load=round(os.getloadavg()[0], 2))
            if agree == statements.ROWS and "check" in line:
                line["check"] = line["check"].split(",")[0]
            if "failed" in line:
                print(f"sql: {NAMES[engine]}, {name}: {line['failed']}", file=sys.stderr)
            print(json.dumps(line), flush=True)
    return 0


def main():
    step, rest = sys.argv[1], sys.argv[2:]
    return {"link": link, "make": make, "run": run}[step](*rest) or 0


if __name__ == "__main__":
    sys.exit(main())
