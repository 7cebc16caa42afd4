#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes src/text/analysis/generated/unicode_tables.{h,c} from the Unicode Character Database.

One two-stage table serves word segmentation and case folding: stage 1 maps a block of 128 code
points to a row of stage 2, whose entries number a record (property bits, distance to the folded
code point). Equal rows and equal records are stored once; everything is emitted in code point
order, so that the output depends on the database alone.

  gen_unicode_tables.py            writes the files
  gen_unicode_tables.py --check    exits 1 when the files are not what it would write
  --ucd DIR                        the database (default: Debian's unicode-data package)
"""

import argparse
import pathlib
import re
import sys

CODE_POINTS = 0x110000
BLOCK = 128
OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "src/text/analysis/generated"

# In the order of UAX #29, table 3. The numbers stay inside the program.
WORD_BREAK = """Other CR LF Newline Extend ZWJ Regional_Indicator Format Katakana Hebrew_Letter
ALetter Single_Quote Double_Quote MidNumLet MidLetter MidNum Numeric ExtendNumLet
WSegSpace""".split()

FLAGS = [
    ("PICTOGRAPHIC", "Extended_Pictographic, for rule WB3c"),
    ("WORD", "makes its segment a token: letter, decimal or letter number, ideograph, kana"),
    ("CJK", "Han, Hiragana, Katakana or another ideograph: runs become bigrams"),
    ("COMPLEX", "a letter of a script written without spaces (Thai, Khmer, ...): bigrams too"),
    ("UPPER", "general category Lu or Lt"),
    ("LOWER", "general category Ll"),
    ("DIGIT", "general category Nd"),
    ("LATIN", "script Latin"),
    ("SPACE", "White_Space"),
    ("IGNORED", "NFKC_Casefold removes it"),
    ("SIMPLE", "NFKC_Casefold is one inert code point, at `fold` from it"),
]
BIT = {name: 1 << (5 + index) for index, (name, _) in enumerate(FLAGS)}

# One tailoring, recommended by UAX #29 section 4.1: the typographic apostrophe is the plain one.
TAILORED = {0x2019: 0x0027}


class Database:
    """Parsed files of the database."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def version(self):
        first = (self.folder / "DerivedNormalizationProps.txt").read_text("utf-8").splitlines()[0]
        return [int(part) for part in re.search(r"-(\d+)\.(\d+)\.(\d+)\.txt", first).groups()]

    def rows(self, name):
        """Yields (first, last, fields) of a file in the UCD's semicolon form."""
        with open(self.folder / name, encoding="utf-8") as lines:
            for line in lines:
                fields = [field.strip() for field in line.split("#")[0].split(";")]
                if len(fields) >= 2:
                    first, _, last = fields[0].partition("..")
                    yield int(first, 16), int(last or first, 16), fields[1:]

    def column(self, name, default):
        """One value per code point from a file of two columns."""
        values = [default] * CODE_POINTS
        for first, last, fields in self.rows(name):
            values[first : last + 1] = [fields[0]] * (last - first + 1)
        return values

    def members(self, name, prop):
        """The set of code points that have a binary property."""
        found = set()
        for first, last, fields in self.rows(name):
            if fields[0] == prop:
                found.update(range(first, last + 1))
        return found


def casefold_map(ucd):
    """NFKC_Casefold where it is not the identity, and the code points that are not NFC-inert."""
    mapping, unstable = {}, set()
    for first, last, fields in ucd.rows("DerivedNormalizationProps.txt"):
        points = range(first, last + 1)
        if fields[0] == "NFKC_CF":
            target = [int(value, 16) for value in fields[1].split()]
            mapping.update((point, target) for point in points)
        elif fields[0] == "NFC_QC":
            unstable.update(points)
    for first, last, fields in ucd.rows("extracted/DerivedCombiningClass.txt"):
        if fields[0] != "0":
            unstable.update(range(first, last + 1))
    return mapping, unstable


def records(ucd):
    """The (bits, fold) pair of every code point."""
    breaks = ucd.column("auxiliary/WordBreakProperty.txt", "Other")
    category = ucd.column("extracted/DerivedGeneralCategory.txt", "Cn")
    script = ucd.column("Scripts.txt", "Unknown")
    line = ucd.column("LineBreak.txt", "XX")
    pictographic = ucd.members("emoji/emoji-data.txt", "Extended_Pictographic")
    ideographic = ucd.members("PropList.txt", "Ideographic")
    space = ucd.members("PropList.txt", "White_Space")
    mapping, unstable = casefold_map(ucd)

    for point in range(CODE_POINTS):
        kind, wb = category[point], breaks[point]
        letter = kind in ("Lu", "Ll", "Lt", "Lm", "Lo")
        cjk = (
            point in ideographic
            or script[point] in ("Han", "Hiragana", "Katakana")
            or wb == "Katakana"
        ) and wb != "Extend"
        word = letter or cjk or kind in ("Nd", "Nl")
        word = word or wb in ("ALetter", "Hebrew_Letter", "Numeric", "Katakana")
        target = mapping.get(point, [point])
        flags = {
            "PICTOGRAPHIC": point in pictographic,
            "WORD": word,
            "CJK": cjk,
            "COMPLEX": letter and line[point] == "SA",
            "UPPER": kind in ("Lu", "Lt"),
            "LOWER": kind == "Ll",
            "DIGIT": kind == "Nd",
            "LATIN": script[point] == "Latin",
            "SPACE": point in space,
            "IGNORED": not target,
            "SIMPLE": len(target) == 1 and target[0] not in unstable,
        }
        bits = WORD_BREAK.index(wb) + sum(BIT[name] for name, is_set in flags.items() if is_set)
        fold = TAILORED.get(point, target[0] if flags["SIMPLE"] else point) - point
        yield bits, fold


def two_stage(values):
    """Numbers equal values and equal blocks in order of first appearance."""
    numbers, blocks, stage1, stage2 = {}, {}, [], []
    row = []
    for value in values:
        row.append(numbers.setdefault(value, len(numbers)))
        if len(row) == BLOCK:
            key = tuple(row)
            if key not in blocks:
                blocks[key] = len(blocks)
                stage2.extend(row)
            stage1.append(blocks[key])
            row = []
    return stage1, stage2, list(numbers)


NOTICE = """/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* Made by tools/gen_unicode_tables.py from the Unicode Character Database. Do not edit. */
"""


def header(version, sizes):
    lines = [NOTICE + "#ifndef INLAY_TEXT_UNICODE_TABLES_H", "#define INLAY_TEXT_UNICODE_TABLES_H", ""]
    lines += ["#include <stdint.h>", ""]
    for name, number in zip(("MAJOR", "MINOR", "UPDATE"), version):
        lines.append(f"#define UNICODE_VERSION_{name} {number}")
    lines += ["", "enum word_break_class { /* UAX #29, table 3 */"]
    lines += [f"    WB_{name.upper()} = {number}," for number, name in enumerate(WORD_BREAK)]
    lines += ["};", "", "/* Bits of a record: the low five are its word_break_class. */"]
    lines.append("#define UNICODE_BREAK_MASK 0x1fu")
    for name, meaning in FLAGS:
        lines.append(f"#define UNICODE_{name} 0x{BIT[name]:x}u /* {meaning} */")
    lines += [
        "",
        "struct unicode_record {",
        "    uint32_t bits;",
        "    int32_t fold; /* added to a SIMPLE code point it gives its NFKC_Casefold */",
        "};",
        "",
        f"#define UNICODE_BLOCK_SHIFT {BLOCK.bit_length() - 1}",
        f"extern const uint16_t unicode_stage1[{sizes[0]}];",
        f"extern const uint16_t unicode_stage2[{sizes[1]}];",
        f"extern const struct unicode_record unicode_records[{sizes[2]}];",
        "",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def array(declaration, items):
    """A C array, as many items a line as 100 columns hold."""
    text, line = [f"const {declaration} = {{"], "   "
    for item in items:
        if len(line) + len(item) + 2 > 100:
            text.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join(text + [line, "};"]) + "\n"


def source(stage1, stage2, numbered):
    parts = [NOTICE + '#include "text/analysis/generated/unicode_tables.h"\n']
    parts.append(array(f"uint16_t unicode_stage1[{len(stage1)}]", map(str, stage1)))
    parts.append(array(f"uint16_t unicode_stage2[{len(stage2)}]", map(str, stage2)))
    cells = (f"{{0x{bits:x}, {fold}}}" for bits, fold in numbered)
    parts.append(array(f"struct unicode_record unicode_records[{len(numbered)}]", cells))
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ucd", default="/usr/share/unicode")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()

    ucd = Database(options.ucd)
    stage1, stage2, numbered = two_stage(records(ucd))
    assert max(stage1) < 65536 and len(numbered) < 65536
    sizes = (len(stage1), len(stage2), len(numbered))
    files = {
        "unicode_tables.h": header(ucd.version(), sizes),
        "unicode_tables.c": source(stage1, stage2, numbered),
    }
    stale = []
    for name, text in files.items():
        path = OUTPUT / name
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if not options.check:
                path.write_text(text, "utf-8")
    if options.check and stale:
        print(f"{', '.join(stale)} differ from the database: run tools/gen_unicode_tables.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
