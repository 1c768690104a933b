#!/usr/bin/python3
"""Writes docs/deviations.md from the programs of tests/deviations.

    tools/gen_deviations.py [--check]      --check writes nothing; status 1 when the page is not what it would be

The docstring of each is: a title, an empty line, the reason, and a paragraph that begins with "Workaround:".
"""
import ast
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
    text = ast.get_docstring(ast.parse(source))
    if not text or "\n\n" not in text or "\nWorkaround: " not in text:
        raise SystemExit(f"tests/deviations/{name}: the docstring wants a title, the reason and a workaround")
    title, _, reason = text.partition("\n")
    tail = re.split(r"^# Heddle prints:\s*$", source, maxsplit=1, flags=re.M)[-1]
    printed = "Heddle prints:\n" + re.sub(r"^# ?", "", tail.strip("\n"), flags=re.M)
    return f"\n## {title}\n{reason.rstrip()}\n\nProgram: [{name}](../tests/deviations/{name})\n\n```text\n{printed}\n```\n"


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
