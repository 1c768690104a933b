#!/usr/bin/python3
"""Writes docs/deviations.md from the programs of tests/deviations.

    tools/gen_deviations.py [--check]      --check writes nothing; status 1 when the page is not what it would be

Each begins with a comment: a sentence that says what differs, which becomes the title, then the cause and a workaround.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = os.path.join(ROOT, "tests", "deviations")
PAGE = os.path.join(ROOT, "docs", "deviations.md")
HEAD = """# Where Heddle differs from CPython 3.11

Written by `tools/gen_deviations.py` from the programs of `tests/deviations/`, each of which `make test` runs.
"""


def section(name):
    with open(os.path.join(PROGRAMS, name), encoding="utf-8") as file:
        source = file.read()
    lines = []
    for line in source.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    match = re.match(r"(.+?)[.:] +(.+)", " ".join(lines))
    if not match or "# Heddle prints:" not in source:
        raise SystemExit(f"tests/deviations/{name}: wants a comment (what differs. Why.) and '# Heddle prints:'")
    title, reason = match.groups()
    reason = reason[0].upper() + reason[1:].replace(" Workaround: ", "\n\nWorkaround: ")
    tail = re.split(r"^# Heddle prints:\s*$", source, maxsplit=1, flags=re.M)[-1]
    printed = "Heddle prints:\n" + re.sub(r"^# ?", "", tail.strip("\n"), flags=re.M)
    return f"\n## {title}\n\n{reason}\n\nProgram: [{name}](../tests/deviations/{name})\n\n```text\n{printed}\n```\n"


def main():
    names = sorted(name for name in os.listdir(PROGRAMS) if name.endswith(".py")) if os.path.isdir(PROGRAMS) else []
    page = HEAD + "".join(map(section, names))
    if "--check" not in sys.argv[1:]:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(page)
        return 0
    with open(PAGE, encoding="utf-8") as file:
        if file.read() == page:
            return 0
    print("docs/deviations.md is not up to date: run tools/gen_deviations.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
