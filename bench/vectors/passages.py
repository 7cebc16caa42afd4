# SPDX-License-Identifier: Apache-2.0
"""Real prose found on this machine, cut into passages of 60 to 120 words.

Sources: /usr/share/doc, the English manual pages, the HTML books and API pages of Rust toolchains, the
comments of the Go library, the docstrings of Python libraries. A sentence is used once, wherever else
it occurs; what is no English prose (tables, code, licences in capitals) is left out. Same files, same
passages: paths are walked in order, and the order of the passages is that of their hashes.
"""
import ast
import glob
import gzip
import hashlib
import html.parser
import os
import re

SHORTEST, LONGEST = 60, 120  # words
FILE_LIMIT = 4 << 20
SKIPPED_NAMES = re.compile(r"changelog|copyright|license|licence|copying|authors|thanks|NEWS", re.I)
COMMON = frozenset("the of to and a in is that for it as be this with are by on not or an if from"
                   .split())
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*[,;:.!?)\"'’]*$")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(A-Z])")

GLOBS = [  # (pattern, how to read it)
    ("/usr/share/doc/**/*", "doc"),
    ("/usr/share/man/man[1-8]/*", "man"),
    ("~/.rustup/toolchains/stable*/share/doc/rust/html/**/*.html", "html"),
    ("/usr/share/cmake*/Help/**/*.rst", "text"),
    ("/usr/local/go/src/**/*.go", "go"),
    ("/usr/lib/python3*/**/*.py", "python"),
    ("/usr/lib/google-cloud-sdk/**/*.py", "python"),
    ("/usr/share/info/*", "text"),
    ("/usr/share/vim/vim*/doc/*.txt", "text"),
    ("/usr/share/perl/5*/**/*.p[om]d*", "text"),
]


class Blocks(html.parser.HTMLParser):
    """The text of a page, one string for each block element; no code, no scripts."""

    BREAKS = frozenset("p li dd dt td th h1 h2 h3 h4 div section br table ul ol".split())
    SILENT = frozenset("script style pre nav head button".split())

    def __init__(self):
        super().__init__()
        self.blocks, self.parts, self.silent = [], [], 0

    def break_here(self):
        self.blocks.append(" ".join("".join(self.parts).split()))
        self.parts = []

    def handle_starttag(self, tag, attrs):
        if tag in self.SILENT:
            self.silent += 1
        if tag in self.BREAKS:
            self.break_here()

    def handle_endtag(self, tag):
        if tag in self.SILENT and self.silent:
            self.silent -= 1
        if tag in self.BREAKS:
            self.break_here()

    def handle_data(self, data):
        if not self.silent:
            self.parts.append(data)


def html_blocks(text):
    parser = Blocks()
    parser.feed(text)
    parser.break_here()
    return parser.blocks


def text_blocks(text):
    return [" ".join(block.split()) for block in re.split(r"\n\s*\n", text)]


def man_blocks(text):
    """Filled text of a manual page: requests end a block, font and size changes go."""
    lines = []
    for line in text.split("\n"):
        if re.match(r"[.'](B|I|BR|IR|RB|RI|BI|IB|Nm|Fl|Ar|Pa|Xr)\b", line):
            line = line.split(" ", 1)[-1].replace('"', "")
        elif re.match(r"[.']", line):
            line = ""
        lines.append(re.sub(r"\\f.|\\s[-+]?\d|\\&", "", line).replace("\\-", "-"))
    return text_blocks("\n".join(lines))


def go_blocks(text):
    return text_blocks("\n".join(
        match.group(1) if (match := re.match(r"\s*//\s?(.*)", line)) else ""
        for line in text.split("\n")))


def python_blocks(text):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, kinds)]
    return [block for doc in docs if doc for block in text_blocks(doc)]


READERS = {"html": html_blocks, "man": man_blocks, "text": text_blocks, "go": go_blocks,
           "python": python_blocks}


def blocks_of(path, kind):
    try:
        if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > FILE_LIMIT:
            return []
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            raw = file.read(FILE_LIMIT)
    except (OSError, EOFError):
        return []
    if b"\0" in raw[:4096]:
        return []
    text = raw.decode("utf-8", "replace")
    if kind == "doc":
        kind = "html" if re.search(r"\.html?(\.gz)?$", path) else "text"
    return READERS[kind](text)


def is_prose(sentence):
    words = sentence.split()
    if not 5 <= len(words) <= 80 or not sentence[-1] in ".!?":
        return False
    plain = sum(1 for word in words if WORD.match(word))
    common = sum(1 for word in words if word.lower() in COMMON)
    return plain >= 0.75 * len(words) and common >= 0.15 * len(words)


def sentences():
    """(path, block number, sentence), each sentence once."""
    seen = set()
    for pattern, kind in GLOBS:
        for path in sorted(glob.glob(os.path.expanduser(pattern), recursive=True)):
            if SKIPPED_NAMES.search(os.path.basename(path)):
                continue
            for number, block in enumerate(blocks_of(path, kind)):
                for sentence in SENTENCE_END.split(block):
                    if is_prose(sentence):
                        key = hashlib.blake2b(sentence.lower().encode(), digest_size=12).digest()
                        if key not in seen:
                            seen.add(key)
                            yield path, sentence


def passages():
    """Lists of neighbouring sentences of one file, 60 to 120 words in all, ordered by their hashes."""
    found, current, words, source = [], [], 0, None
    for path, sentence in sentences():
        length = len(sentence.split())
        if path != source or words + length > LONGEST:
            if words >= SHORTEST:
                found.append(current)
            current, words, source = [], 0, path
        current.append(sentence)
        words += length
    if words >= SHORTEST:
        found.append(current)
    return sorted(found, key=lambda p: hashlib.blake2b(" ".join(p).encode()).digest())


if __name__ == "__main__":
    everything = passages()
    print(len(everything), "passages")
    for passage in everything[:20]:
        print("-", " ".join(passage))
