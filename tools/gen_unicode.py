#!/usr/bin/env python3
"""Writes src/base/unicode_tables.c and src/base/unicode_tables_names.c.

Run by hand with a Python whose unicodedata is 14.0.0 (Debian 12: /usr/bin/python3); the results are committed.
Name aliases and named sequences, which unicodedata can look up but not list, come from Perl 5.36's copy of the same
database (Unicode::UCD); each is checked against unicodedata before it is taken.
"""
import os
import subprocess
import sys
import unicodedata as ucd

assert ucd.unidata_version == "14.0.0", ucd.unidata_version
OLD = ucd.ucd_3_2_0
LAST = 0x110000
SHIFT = 7
HERE = os.path.dirname(os.path.abspath(__file__))
BASE = os.path.join(HERE, "..", "src", "base")

CATEGORIES = sorted({ucd.category(chr(c)) for c in range(LAST)} | {"Cn"})
BIDIRECTIONAL = sorted({ucd.bidirectional(chr(c)) for c in range(LAST)})
WIDTHS = sorted({ucd.east_asian_width(chr(c)) for c in range(LAST)})

FLAGS = ("ALPHA DECIMAL DIGIT NUMERIC LOWER UPPER TITLE SPACE LINE_BREAK PRINTABLE XID_START XID_CONTINUE "
         "CASE_IGNORABLE MIRRORED FULL_CASE").split()
BIT = {name: 1 << i for i, name in enumerate(FLAGS)}


def rows(numbers, width=118):
    line = "   "
    for n in numbers:
        piece = f" {n},"
        if len(line) + len(piece) > width:
            yield line
            line = "   "
        line += piece
    yield line


def array(out, declaration, numbers):
    out.append(f"const {declaration} = {{")
    out.extend(rows(numbers))
    out.append("};")


def two_stage(values, shift):
    """Splits a list of small numbers into blocks, equal blocks shared: (index of blocks, blocks laid end to end)."""
    size = 1 << shift
    seen, first, second = {}, [], []
    for start in range(0, len(values), size):
        block = tuple(values[start:start + size])
        if block not in seen:
            seen[block] = len(second) >> shift
            second.extend(block)
        first.append(seen[block])
    return first, second


def kind(numbers):
    return "uint8_t" if max(numbers) < 256 else "uint16_t" if max(numbers) < 65536 else "uint32_t"


numeric_values = [None]
numeric_index = {}


def numeric(value):
    if value is None:
        return 0
    if value not in numeric_index:
        numeric_index[value] = len(numeric_values)
        numeric_values.append(value)
    return numeric_index[value]


def composition_pairs():
    pairs = {}
    for c in range(LAST):
        ch = chr(c)
        text = ucd.decomposition(ch)
        if not text or text[0] == "<":
            continue
        points = [int(p, 16) for p in text.split()]
        if len(points) == 2 and ucd.normalize("NFC", ch) == ch:
            pairs[tuple(points)] = c
    return pairs


PAIRS = composition_pairs()
SECONDS = {second for _, second in PAIRS} | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))


def quick(c):
    ch = chr(c)
    if 0xD800 <= c < 0xE000:
        return 0
    value = 0
    for i, form in enumerate(("NFC", "NFD", "NFKC", "NFKD")):
        if ucd.normalize(form, ch) != ch:
            value |= 2 << 2 * i
        elif "C" in form and c in SECONDS:
            value |= 1 << 2 * i
    return value


full_cases = [None]


def record(c):
    ch = chr(c)
    flags = 0
    for name, test in (("ALPHA", ch.isalpha()), ("DECIMAL", ch.isdecimal()), ("DIGIT", ch.isdigit()),
                       ("NUMERIC", ch.isnumeric()), ("LOWER", ch.islower()), ("UPPER", ch.isupper()),
                       ("TITLE", ucd.category(ch) == "Lt"), ("SPACE", ch.isspace()),
                       ("LINE_BREAK", len(f"a{ch}b".splitlines()) == 2), ("PRINTABLE", ch.isprintable()),
                       ("XID_START", ch != "_" and ch.isidentifier()), ("XID_CONTINUE", ("a" + ch).isidentifier()),
                       ("CASE_IGNORABLE", ignorable(ch)), ("MIRRORED", ucd.mirrored(ch))):
        if test:
            flags |= BIT[name]
    lower, upper, title, fold = ch.lower(), ch.upper(), ch.title(), ch.casefold()
    # As in CPython, the simple mapping of a character whose full one is longer is the first of the longer.
    simple = [ord(lower[0]), ord(upper[0]), ord(title[0]), ord(fold[0])]
    full = 0
    if any(len(text) != 1 for text in (lower, upper, title, fold)):
        full = len(full_cases)
        full_cases.append((lower, upper, title, fold))
        flags |= BIT["FULL_CASE"]
    decimal, digit = ucd.decimal(ch, None), ucd.digit(ch, None)
    return (flags, full, CATEGORIES.index(ucd.category(ch)), BIDIRECTIONAL.index(ucd.bidirectional(ch)),
            WIDTHS.index(ucd.east_asian_width(ch)), ucd.combining(ch), 255 if decimal is None else decimal,
            255 if digit is None else digit, numeric(ucd.numeric(ch, None)), quick(c),
            *(point - c for point in simple))


def ignorable(ch):
    """Case_Ignorable has no accessor; str.lower() looks through such characters to decide on a final sigma."""
    if ch.islower() or ch.isupper() or ucd.category(ch) == "Lt":
        return ("1" + ch + "\u03a3").lower()[-1] == "\u03c3"
    return ("A" + ch + "\u03a3").lower()[-1] == "\u03c2"


def old_record(c):
    """What differs in the 3.2.0 database: 255 stands for "as in 14.0"."""
    ch = chr(c)
    result = []
    for names, name in ((CATEGORIES, "category"), (BIDIRECTIONAL, "bidirectional"), (WIDTHS, "east_asian_width")):
        now, then = getattr(ucd, name)(ch), getattr(OLD, name)(ch)
        result.append(255 if now == then else names.index(then))
    result.append(255 if ucd.mirrored(ch) == OLD.mirrored(ch) else OLD.mirrored(ch))
    now, then = ucd.decimal(ch, None), OLD.decimal(ch, None)
    result.append(255 if now == then else 254 if then is None else then)
    now, then = ucd.numeric(ch, None), OLD.numeric(ch, None)
    result.append(255 if now == then else numeric(then))
    return tuple(result)


def decompositions():
    tags, data, index, corrections = [""], [0], [], []
    places = {}
    for c in range(LAST):
        text = "" if 0xAC00 <= c < 0xD7A4 else ucd.decomposition(chr(c))
        if not text:
            index.append(0)
            continue
        tag = ""
        if text[0] == "<":
            tag, text = text.split(" ", 1)
        if tag not in tags:
            tags.append(tag)
        entry = [tags.index(tag) << 8 | len(text.split()), *(int(p, 16) for p in text.split())]
        key = tuple(entry)
        if key not in places:
            places[key] = len(data)
            data.extend(entry)
        index.append(places[key])
        if OLD.category(chr(c)) != "Cn" and OLD.normalize("NFKD", chr(c)) != ucd.normalize("NFKD", chr(c)):
            point = OLD.normalize("NFD", chr(c))
            if len(point) == 1:
                corrections.append((c, ord(point)))
    return tags, data, index, corrections


def properties():
    records, order = {}, []
    index, old_index, old_records = [], [], {}
    for c in range(LAST):
        r = record(c)
        if r not in records:
            records[r] = len(records)
        index.append(records[r])
        index_old = old_record(c)
        old_index.append(old_records.setdefault(index_old, len(old_records)))
    tags, data, decomposition_index, corrections = decompositions()
    out = ["/* unicode_tables.c -- the Unicode 14.0 database as tables. Written by tools/gen_unicode.py: do not edit.",
           " *", " * Constant data only. The layout is told in unicode_tables.h. */", "// clang-format off",
           '#include "unicode_tables.h"', ""]
    for name, names in (("categories", CATEGORIES), ("bidirectionals", BIDIRECTIONAL), ("widths", WIDTHS),
                        ("tags", tags)):
        out.append(f"const char *const hd_unicode_{name}[] = {{" + ", ".join(f'"{n}"' for n in names) + "};")
    out.append("const HdUnicodeRecord hd_unicode_records[] = {")
    for r in records:
        out.append("    {" + ", ".join(map(str, r)) + "},")
    out.append("};")
    first, second = two_stage(index, SHIFT)
    assert max(first) < 65536
    array(out, "uint16_t hd_unicode_index1[]", first)
    array(out, "uint16_t hd_unicode_index2[]", second)
    out.append("const HdUnicodeOldRecord hd_unicode_old_records[] = {")
    for r in old_records:
        out.append("    {" + ", ".join(map(str, r)) + "},")
    out.append("};")
    first, second = two_stage(old_index, SHIFT)
    assert max(first) < 256 and max(second) < 256
    array(out, "uint8_t hd_unicode_old_index1[]", first)
    array(out, "uint8_t hd_unicode_old_index2[]", second)
    out.append("const double hd_unicode_numerics[] = {")
    out.append("    -1, " + ", ".join(repr(float(v)) for v in numeric_values[1:]))
    out.append("};")
    out.append("const HdUnicodeFullCase hd_unicode_full_cases[] = {")
    out.append("    {{0}, {{0}}},")
    for case in full_cases[1:]:
        points = ", ".join("{" + ", ".join(hex(ord(p)) for p in text) + "}" for text in case)
        out.append("    {{" + ", ".join(str(len(text)) for text in case) + "}, {" + points + "}},")
    out.append("};")
    array(out, "uint32_t hd_unicode_decompositions[]", data)
    first, second = two_stage(decomposition_index, SHIFT)
    assert max(first) < 256 and max(second) < 65536
    array(out, "uint8_t hd_unicode_decomposition1[]", first)
    array(out, "uint16_t hd_unicode_decomposition2[]", second)
    out.append("const HdUnicodePair hd_unicode_pairs[] = {")
    out.extend(f"    {{{a}, {b}, {c}}}," for (a, b), c in sorted(PAIRS.items()))
    out.append("};")
    out.append("const unsigned hd_unicode_pair_count = sizeof hd_unicode_pairs / sizeof hd_unicode_pairs[0];")
    out.append("const uint32_t hd_unicode_corrections[][2] = {")
    out.extend(f"    {{{a}, {b}}}," for a, b in corrections)
    out.append("    {0, 0},")
    out.append("};")
    with open(os.path.join(BASE, "unicode_tables.c"), "w") as file:
        file.write("\n".join(out) + "\n")
    print(len(records), "records", len(old_records), "old", len(full_cases), "full", len(PAIRS), "pairs", corrections)


# --- names ---

PERL = r"""
use Unicode::UCD qw(prop_invmap namedseq);
my ($l, $m) = prop_invmap("Name_Alias");
for my $i (0 .. $#$l) {
    next unless $m->[$i];
    for (ref $m->[$i] ? @{$m->[$i]} : ($m->[$i])) { my $n = s/:.*//r; printf "%s;%X\n", $n, $l->[$i]; }
}
my %s = namedseq();
print "$_;", join(" ", map { sprintf "%X", ord } split //, $s{$_}), "\n" for sort keys %s;
"""


def extra_names():
    aliases, sequences = [], []
    for line in subprocess.run(["perl", "-e", PERL], capture_output=True, text=True, check=True).stdout.splitlines():
        name, points = line.split(";")
        points = [int(p, 16) for p in points.split()]
        try:
            found = [ord(ch) for ch in ucd.lookup(name)]
        except KeyError:
            continue
        assert found == points, name
        if len(points) > 1:
            sequences.append((name, points))
        elif ucd.name(chr(points[0]), None) != name:
            aliases.append((name, points[0]))
    return aliases, sequences


def tokens(name):
    """A name as pieces; a space goes between two unless the first ends in '-' or ' '."""
    result = []
    words = name.split(" ")
    for i, word in enumerate(words):
        if word.endswith("-") and i + 1 < len(words):
            result.append(word + " ")
            continue
        while "-" in word[1:-1]:
            cut = word.index("-", 1) + 1
            result.append(word[:cut])
            word = word[cut:]
        result.append(word)
    text = ""
    for piece in result:
        text += ("" if not text or text[-1] in "- " else " ") + piece
    assert text == name, (text, name, result)
    return result


def name_hash(name):
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def names():
    listed, algorithmic, runs = [], [], []
    for c in range(LAST):
        if 0xAC00 <= c < 0xD7A4:
            continue
        name = ucd.name(chr(c), None)
        if name is None:
            continue
        suffix = f"-{c:X}"
        if name.endswith(suffix):
            prefix = name[:-len(suffix) + 1]
            if algorithmic and algorithmic[-1][2] == prefix and algorithmic[-1][1] == c - 1:
                algorithmic[-1][1] = c
            else:
                algorithmic.append([c, c, prefix])
            continue
        if not runs or runs[-1][1] != c - 1:
            runs.append([c, c, len(listed)])
        runs[-1][1] = c
        listed.append(name)
    algorithmic = [a for a in algorithmic]
    plain = len(listed)
    aliases, sequences = extra_names()
    listed += [name for name, _ in aliases] + [name for name, _ in sequences]
    counts = {}
    spelled = [tokens(name) for name in listed]
    for pieces in spelled:
        for piece in pieces:
            counts[piece] = counts.get(piece, 0) + 1
    words = sorted(counts, key=lambda piece: (-counts[piece], piece))
    number = {piece: i for i, piece in enumerate(words)}
    short = 200
    assert (len(words) - short) >> 8 < 256 - short
    stream, blocks, before = [], [], []
    for i, pieces in enumerate(spelled):
        if i % 16 == 0:
            blocks.append(len(stream))
            before = []
        shared = 0
        while shared < min(len(before), len(pieces), 15) and before[shared] == pieces[shared]:
            shared += 1
        new = pieces[shared:]
        assert len(new) < 16
        stream.append(shared << 4 | len(new))
        for piece in new:
            n = number[piece]
            if n < short:
                stream.append(n)
            else:
                stream.extend((short + (n - short >> 8), n - short & 255))
        before = pieces
    size = 49157
    table = [65535] * size
    for i, name in enumerate(listed):
        at = name_hash(name) % size
        while table[at] != 65535:
            at = (at + 1) % size
        table[at] = i
    out = ["/* unicode_tables_names.c -- the names of Unicode 14.0. Written by tools/gen_unicode.py: do not edit.",
           " *", " * Constant data only. The layout is told in unicode_tables.h. */", "// clang-format off",
           '#include "unicode_tables.h"', ""]
    out.append("const HdUnicodeNameRange hd_unicode_name_ranges[] = {")
    out.extend(f'    {{{a}, {b}, "{prefix}"}},' for a, b, prefix in algorithmic)
    out.append("};")
    out.append("const unsigned hd_unicode_name_range_count = "
               "sizeof hd_unicode_name_ranges / sizeof hd_unicode_name_ranges[0];")
    out.append("const HdUnicodeNameRun hd_unicode_name_runs[] = {")
    out.extend(f"    {{{a}, {b}, {i}}}," for a, b, i in runs)
    out.append("};")
    out.append("const unsigned hd_unicode_name_run_count = "
               "sizeof hd_unicode_name_runs / sizeof hd_unicode_name_runs[0];")
    out.append(f"const unsigned hd_unicode_name_plain = {plain};")
    out.append(f"const unsigned hd_unicode_name_aliased = {plain + len(aliases)};")
    array(out, "uint32_t hd_unicode_aliases[]", [c for _, c in aliases])
    out.append("const HdUnicodeSequence hd_unicode_sequences[] = {")
    out.extend("    {%d, {%s}}," % (len(points), ", ".join(map(str, points))) for _, points in sequences)
    out.append("};")
    offset, offsets = 0, []
    out.append("const char hd_unicode_words[] =")
    line = ""
    for word in words:
        offsets.append(offset)
        offset += len(word)
        line += word
        while len(line) > 110:
            out.append(f'    "{line[:110]}"')
            line = line[110:]
    offsets.append(offset)
    out.append(f'    "{line}";')
    array(out, "uint32_t hd_unicode_word_offsets[]", offsets)
    array(out, "uint8_t hd_unicode_name_stream[]", stream)
    array(out, "uint32_t hd_unicode_name_blocks[]", blocks)
    array(out, f"uint16_t hd_unicode_name_table[{size}]", table)
    with open(os.path.join(BASE, "unicode_tables_names.c"), "w") as file:
        file.write("\n".join(out) + "\n")
    print(plain, "names", len(aliases), "aliases", len(sequences), "sequences", len(words), "words", offset,
          "letters", len(stream), "bytes", len(runs), "runs", algorithmic, max(map(len, listed)),
          max(len(points) for _, points in sequences))


if __name__ == "__main__":
    properties()
    names()
