# SPDX-License-Identifier: Apache-2.0
"""Runs the README's five-minute tour as a reader would.

usage: run_tour.py README FOLDER_OF_THE_INLAY_TOOL

Every ```sh block runs in one shell session in an empty folder, in order, and must succeed. A line "#> text"
behind a command is what the reader is told to see: the text must occur in the output of the commands since the
last such line's command, in the order given.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MARK = "@@inlay-tour-{}@@"


def script_of(readme):
    """(shell text, [(mark number, expected text)])."""
    lines, expected, mark = ["set -eu"], [], 0
    for block in re.findall(r"^```sh\n(.*?)^```", readme, re.DOTALL | re.MULTILINE):
        here_document = False
        for line in block.splitlines():
            if "<<'EOF'" in line:
                here_document = True
            if line.startswith("#> ") and not here_document:
                expected.append((mark, line[3:]))
                continue
            if not here_document and line and not line.startswith("#"):
                mark += 1
                lines.append(f"echo '{MARK.format(mark)}'")
            lines.append(line)
            if line == "EOF":
                here_document = False
    return "\n".join(lines) + "\n", expected


def main():
    readme = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    tool_folder = str(pathlib.Path(sys.argv[2]).resolve())
    script, expected = script_of(readme)
    if len(expected) < 5:
        print("the tour has too few expectations to mean anything")
        return 1
    environment = dict(os.environ, PATH=tool_folder + os.pathsep + os.environ["PATH"])
    environment.pop("INLAY_DB", None)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True,
                              check=False)
    print(done.stdout)
    if done.returncode != 0:
        print(done.stderr)
        print(f"the tour failed with exit code {done.returncode}")
        return 1
    outputs = {0: ""}
    for part in re.split(r"@@inlay-tour-(?=\d+@@)", done.stdout)[1:]:
        number, output = part.split("@@", 1)
        outputs[int(number)] = output
    failed = 0
    for mark, text in expected:
        if text not in outputs[mark] + done.stderr:
            print(f"command {mark}: the README promises to show: {text}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
