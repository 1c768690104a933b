# Strings: a tokenizer by hand and one by expressions, formatting, JSON, bytes.
import json
import re

SOURCE = """
def area(width, height): return width * height + 12.5  # a remark
class Shape(object): name = "shape" ; sides = [1, 2, 3]
""" * 30
TOKEN = re.compile(r"(?P<number>\d+(\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<string>\"[^\"]*\")|(?P<mark>[^\s\w])")


def tokens_by_hand(text):
    found, i = [], 0
    while i < len(text):
        c = text[i]
        if c.isspace():
            i += 1
        elif c.isalpha() or c == "_":
            start = i
            while i < len(text) and (text[i].isalnum() or text[i] == "_"):
                i += 1
            found.append(("name", text[start:i]))
        elif c in "0123456789":
            start = i
            while i < len(text) and text[i] in ".0123456789":
                i += 1
            found.append(("number", float(text[start:i])))
        else:
            found.append(("mark", c))
            i += 1
    return found


def tokens(text):
    return [(match.lastgroup, match.group()) for match in TOKEN.finditer(text)]


def report(rows):
    lines = []
    for name, amount, share in rows:
        lines.append(f"{name:<12}{amount:>8d} {share:6.2%} " + "%s/%d" % (name.upper(), amount))
    return "\n".join(lines)


def lines(data):
    for line in data.split(b"\n"):
        key, _, value = line.partition(b":")
        if key.startswith(b"k"):
            yield key.decode(), value.strip()


for _ in range(10):
    tokens_by_hand(SOURCE)
    tokens(SOURCE)
    report([(f"row{n}", n * 17, n / 1000) for n in range(1000)])
    document = [{"id": n, "name": "x" * (n % 9), "values": [n, n / 3, None, True]} for n in range(500)]
    assert json.loads(json.dumps(document)) == document
    dict(lines(b"".join(b"k%d: value %d\n" % (n, n) for n in range(2000))))
    " ".join(word.strip(".,").replace("a", "o").title() for word in SOURCE.split())
