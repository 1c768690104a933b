# Methods of str and bytes over texts of every width and of lengths around those that are worked on many bytes at a time,
# compared by a digest; and texts in which a search must not become slow.
import hashlib
import random
import time

chance = random.Random(11)
ALPHABETS = ["ab ", "abcDEF \t\n'\"\\", "aé ÿßµÀ'", "aęłŃ Σσς ", "a😀𝐀ęé ", "\x1c\x85\u2028\r\n ab", "ABCxyz01 +-_,"]
LENGTHS = [0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 130, 300]
digest = hashlib.sha256()


def note(*values):
    digest.update(ascii(values).encode())


def attempt(function, *args):
    try:
        return function(*args)
    except Exception as e:
        return type(e).__name__, str(e)


def text(alphabet, length):
    return "".join(chance.choice(alphabet) for _ in range(length))


def strings(alphabet, x, y, z, c, limit):
    i, j, step = chance.randint(-20, 20), chance.randint(-20, 40), chance.choice([-3, -2, -1, 1, 2, 3, 7])
    note(x.upper(), x.lower(), x.title(), x.capitalize(), x.swapcase(), x.casefold())
    note(x.find(y), x.rfind(y), x.count(y), x.find(y, i, j), x.count(y, i, j), y in x, x.find(c), x.count(c), attempt(x.index, z))
    note(x.replace(y, z), x.replace(y, z, limit), x.replace(c, z), x.replace(c, text(chance.choice(ALPHABETS), 1), limit))
    note(x.split(), x.rsplit(None, limit), attempt(x.split, y), attempt(x.rsplit, y, limit), x.splitlines(), x.splitlines(True))
    note(x.strip(), x.lstrip(y), x.rstrip(y), x.strip(c), attempt(x.partition, y), attempt(x.rpartition, y))
    note(repr(x), ascii(x), x[i:j], x[i:j:step], x[::step], x * 3, x + y, [*x], x < y, x <= x[:len(x) // 2] + z)
    note(x.expandtabs(), attempt(x.encode, "latin-1"), x.encode("ascii", "xmlcharrefreplace"), x.encode("utf-16"))
    note("%s|%r|%10s|%-5.3s|%a" % (x, x, y, x, z), "{}{!r}{:>9}{:.2}".format(x, y, z, x), f"{x}{y:^7}{z!a}", y.join([x, z, c]), y.join(x))
    note(x.translate({97: "bb", 98: None, 99: "é", 68: 120}), x.translate(str.maketrans("ab", "xy", "c")), x.center(max(j, 0), "é"))
    note([part.isascii() for part in (x[::2], x.replace(c, "a"), x.upper(), x.translate({233: 97}), x[i:j], x.strip(y))])
    assert "%s" % x == "{}".format(x) == x.encode().decode()


def byte_strings(b, p, q, limit):
    for kind in bytes, bytearray:
        x = kind(b)
        note(x.upper(), x.lower(), x.title(), x.capitalize(), x.swapcase(), x.find(p), x.rfind(p), x.count(p), p in x)
        note(x.replace(p, q), x.replace(p, q, limit), x.replace(b"a", b"b"), x.split(), attempt(x.split, p), x.strip(), x.strip(p))
        note(kind(p).join([b, q, b"x"]), kind(p).join((b,)), kind(b"").join([b"x"]), kind(p).join([]), attempt(kind(p).join, [b, 3]))
        note(kind(p).join([b, bytearray(q), memoryview(p)]), x * 3, x + q, x[1:-2], x[::-2], repr(x), list(x), 97 in x)
        note(x.decode(), x.decode("latin-1"), x[1:].decode("utf-8", "replace"), attempt(x[:-1].decode), x.isdigit(), x.isalpha(), x.istitle())
        note(b"<%s|%d|%x>" % (x, limit, len(x)), x.translate(None, p), attempt(kind.__contains__, x, 300))


def numbers():
    spec = chance.choice(["", "5", "05", ">8", "=+10", "x", "#x", "#010b", "08,", "_", "+d", "*^12", "é>9", "X", "c", ".3f", "e", "%", "0=8"])
    n = chance.choice([0, 7, -7, 12345, 2**61, -2**63, 2**64 - 1, 10**19, -10**38, 2**127, 2**128 - 1, 2**128, chance.getrandbits(chance.randint(1, 140))])
    note(n, spec, attempt(format, n, spec), attempt(("{:" + spec + "}").format, n), str(n), int(str(n)), int(" %d " % n), int(hex(n), 16))
    note("%5d|%-8x|%+o|%08d|%.12d|%#X" % (n, n, n, n, n, n), int("1_" + str(abs(n))))
    f = chance.choice([0.0, -0.0, 2.5, 0.5, -0.05, 1e15, 1e16, 1e-5, 9.995, 999999.5, 1e22, 1e300, float("inf"), float("nan"), chance.random(),
                       chance.uniform(-1e6, 1e6), chance.randint(0, 2**53) / 2**chance.randint(0, 60), chance.randint(1, 2000) / 8])
    places = chance.randint(0, 20)
    note(f, [("%." + str(places) + code) % f for code in "fegFEG"], attempt(format, f, spec), f"{f:.{places}}", f"{f:#.{places}g}", f"{f:+012.4f}", f"{f:.1%}")


for turn in range(600):
    alphabet = chance.choice(ALPHABETS)
    x, y = text(alphabet, chance.choice(LENGTHS)), text(alphabet, chance.randint(0, 4))
    z, c, limit = text(chance.choice(ALPHABETS), chance.randint(0, 4)), text(alphabet, 1), chance.choice([-1, 0, 1, 2, 5, 100])
    strings(alphabet, x, y, z, c, limit)
    byte_strings(x.encode(), y.encode(), z.encode(), limit)
    numbers()
print(digest.hexdigest())

print("{a} {}".format(1, a=2), attempt("{a} {b}".format, 1), attempt("{} {}".format, 1), attempt("{}".format_map, {}), str.format("{0} {0}", 1))
print(attempt(lambda: "a".format_map(3)), "{x[0]} {x}".format(x=[1]), "{0.real:{1}}".format(5, 4), attempt(lambda: "{!x}".format(1)))
print("a b c".split(sep=" ", maxsplit=1), "a b".split(maxsplit=-1), b"a".decode(encoding="ascii"), attempt(lambda: "a".split(" ", sep=" ")))
x = "a long enough text to be copied"
print(("%s" % x) is x, "{}".format(x) is x, f"{x}" is x, repr(bytearray(b"it's")), x.expandtabs() is x)

begin = time.process_time()
for unit in "a", "é", "ę", "😀":
    hay = unit * 200_000
    for needle in unit * 1000 + "b" + unit * 1000, "b" + unit * 2000, unit * 2000 + "b", (unit * 31 + "b") * 60, unit * 500 + "b" + unit:
        assert hay.find(needle) == -1 and hay.rfind(needle) == -1 and needle not in hay and hay.count(needle) == 0
        both = hay + needle + hay
        assert both.find(needle) == both.rindex(needle) >= 200_000 - 2000
print("fast enough:", time.process_time() - begin < 20)
