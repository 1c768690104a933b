# Text of several scripts: cleaning, searching, case, slicing, padding, encodings; the same with bytes.
PAGES = [
    "A short note on rivers: the Ouse, the Wye and the Thames.\nThey run to the sea;  all rivers do.\n" * 8,
    "Où est l'été ? Là-bas, près de la forêt — non, à côté.\n".replace("—", "-") * 8,
    "Zażółć gęślą jaźń. Wieża, łódź i źródło; Škoda, ďábel.\n" * 8,
    "Мало слов, да много дел.\tΗ μέρα και η νύχτα. \n" * 8,
    "A 😀 b 🚀 c, ok.\n" * 8,
]
MARKS = str.maketrans({",": None, ".": "", ";": " ", "?": "!", "-": "_"})


def clean(text):
    lines = []
    for line in text.splitlines():
        line = line.strip().translate(MARKS)
        if not line or line.startswith(("#", "//")):
            continue
        head, mark, rest = line.partition(" ")
        *most, last = rest.rsplit(" ", 1)
        lines.append(head.capitalize() + mark + " ".join(most).lower() + "|" + last.upper().lstrip("!").rjust(12))
    return "\n".join(lines)


def shape(word):
    if word.isdigit() or word.isdecimal():
        return "number"
    if word.istitle() or word.isupper():
        return "name"
    return "word" if word.isalpha() and word.islower() else "mark" if not word.isalnum() else "other"


def index(text):
    places = {}
    for number, word in enumerate(text.split()):
        places.setdefault(word.casefold().strip(".,;?!"), []).append(number)
        shape(word)
    return sorted(places), max(places, key=len)


def search(text, word):
    found, at = [], text.find(word)
    while at >= 0:
        found.append(text[max(at - 5, 0):at + len(word) + 5])
        at = text.find(word, at + 1)
    last = text.rfind(word)
    return found, last, text.count(word), text.count(word[0]), word in text, text[::-1], text[1::2], list(text[:40])


def table(words):
    rows = []
    for n, word in enumerate(words):
        rows.append("%-10s %5d %08.3f %x %r" % (word, n, n / 7, n * 31, word))
        rows.append("{:>10}|{:^9}|{!r}|{:05d}|{:.2e}".format(word, word[:3], word, n, n * 1.5))
        rows.append(f"{word:*<12}{n:,}{n / 3:.2f}{n:#x} {word!s} {n}")
        rows.append(str(n * 7) + "-" * (n % 5) + repr(n / 9) + word.center(11) + str(n).zfill(6) + word.ljust(9, "."))
    return "".join(rows)


def wire(text):
    data = text.encode()
    assert data.decode("utf-8") == text and text.encode("utf-16").decode("utf-16") == text
    records = [line.strip().upper() for line in data.split(b"\n") if line and not line.startswith(b"#")]
    joined = b"\r\n".join(records) + b"%d %s" % (len(records), b"end")
    name, _, rest = joined.partition(b" ")
    sums = sum(rest) + sum(byte == 32 for byte in rest) + rest.find(b"A") + rest.count(b"E") + (b"ND" in rest)
    return bytes.fromhex(joined.hex()), name.lower().title(), rest.replace(b"A", b"o").replace(b"end", b""), sums, repr(rest[:30]), bytearray(rest)


for _ in range(8):
    for page in PAGES:
        lines = clean(page)
        index(page)
        search(page, page.split()[2])
        words = page.split(" ")
        table(words[:60])
        wire(page)
        ascii(page), repr(page), page.swapcase(), page.title(), page.replace("a", "o").replace("ou", "u"), page.expandtabs(4)
        sorted(words), set(words), page.removeprefix("A "), page * 2, page < lines, hash(page + lines), page == lines
        for part in page.split(","):
            "latin " + part.encode("latin-1", "replace").decode("latin-1") + part.encode("ascii", "ignore").decode("ascii")
    [int(text) + float(text) for text in ("12", " 7 ", "-345", "1_000", str(2**70))]
