# SPDX-License-Identifier: Apache-2.0
"""Runs the command line tool as a person would and compares what it prints.

usage: run.py CASE_FOLDER INLAY_PROGRAM WORK_FOLDER [--update] [FILE.case ...]

A .case file is a session in an empty folder of its own:

    # a comment
    $ inlay tables --json          a shell command; lines that begin with "> " continue it
    {"name":"docs","rows":3}       what it prints on stdout: {*} stands for any text in a line,
    ...                            a line of three dots for any lines
    2> inlay: error: {*}           what it prints on stderr
    ? 3                            its exit code, when not 0

Prints one line per command; exits 1 when any differs. --update writes what was printed into the files:
read the difference before you commit it.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys


class Step:
    def __init__(self, line, command):
        self.line = line
        self.command = command
        self.lead = []  # comments and blank lines before it
        self.stdout, self.stderr, self.code = [], [], 0

    def text(self):
        shown = ["$ " + self.command.replace("\n", "\n> ")] + self.stdout
        shown += ["2> " + line if line else "2>" for line in self.stderr]
        return self.lead + shown + ([f"? {self.code}"] if self.code else [])


def parse(path):
    steps, lead = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("$ "):
            steps.append(Step(number, line[2:]))
            steps[-1].lead, lead = lead, []
        elif line.startswith("#") or (not line and (not steps or lead)):
            lead.append(line)
        elif not steps:
            raise SystemExit(f"{path}:{number}: expected a line that begins with '$ '")
        elif line.startswith("> ") and not steps[-1].stdout and not steps[-1].stderr:
            steps[-1].command += "\n" + line[2:]
        elif line.startswith("2>"):
            steps[-1].stderr.append(line[3:])
        elif re.fullmatch(r"\? \d+", line):
            steps[-1].code = int(line[2:])
        elif not line and not lead:
            lead.append(line)  # a blank line ends the output; print blank lines as {*}
        else:
            steps[-1].stdout.append(line)
    return steps, lead


def line_matches(expected, got):
    if "{*}" not in expected:
        return expected == got
    return re.fullmatch(".*".join(re.escape(part) for part in expected.split("{*}")), got) is not None


def matches(expected, got):
    if not expected:
        return not got
    if expected[0] == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and line_matches(expected[0], got[0]) and matches(expected[1:], got[1:])


def lines_of(data):
    text = data.decode("utf-8", errors="replace")
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return lines


def environment(program, home):
    keep = {k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TMPDIR", "LANG")}
    return keep | {"PATH": f"{program.parent}:/usr/bin:/bin", "HOME": str(home), "NO_COLOR": "1", "COLUMNS": "90",
                   "TZ": "UTC", "SOURCE": str(pathlib.Path(__file__).resolve().parent.parent.parent)}


def run_step(step, folder, env):
    with subprocess.Popen(["bash", "-c", step.command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            stdout, stderr = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # the session of this command, with what it started
            stdout, stderr = process.communicate()
            stderr += b"stopped after 60 s\n"
    return lines_of(stdout), lines_of(stderr), process.returncode


def difference(step, stdout, stderr, code):
    out = [f"  $ {step.command}"]
    for name, expected, got in (("stdout", step.stdout, stdout), ("stderr", step.stderr, stderr)):
        if not matches(expected, got):
            out += [f"  {name} expected:"] + ["    " + line for line in expected]
            out += [f"  {name} printed:"] + ["    " + line for line in got]
    if code != step.code:
        out.append(f"  exit code {code}, expected {step.code}")
    return "\n".join(out)


def run_file(path, program, work, update):
    folder = work / path.stem
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    env = environment(program, folder)
    steps, tail = parse(path)
    failed = 0
    for step in steps:
        stdout, stderr, code = run_step(step, folder, env)
        fine = matches(step.stdout, stdout) and matches(step.stderr, stderr) and code == step.code
        if not fine and update:
            step.stdout, step.stderr, step.code = [line or "{*}" for line in stdout], stderr, code
        elif not fine:
            failed += 1
            print(difference(step, stdout, stderr, code))
        print(f"[{'       OK' if fine or update else '  FAILED '} ] {path.stem}:{step.line}")
    if update:
        path.write_text("\n".join(line for step in steps for line in step.text()) + "\n" + "\n".join(tail),
                        encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    return failed


def main():
    arguments = [a for a in sys.argv[1:] if a != "--update"]
    cases, binary, work = pathlib.Path(arguments[0]), pathlib.Path(arguments[1]).resolve(), pathlib.Path(arguments[2])
    chosen = [cases / name for name in arguments[3:]] or sorted(cases.glob("*.case"))
    if not chosen:
        raise SystemExit(f"no .case files in {cases}")
    # The program is called `inlay` in the cases whatever the file is called.
    link = work.resolve() / "bin" / "inlay"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(binary)
    failed = sum(run_file(path, link, work.resolve(), "--update" in sys.argv) for path in chosen)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
