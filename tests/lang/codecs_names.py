# Names of encodings, errors of codecs, surrogates in pieces, UTF-7.
import codecs

seen = []
def search(name):
    seen.append(name)
    if name.startswith("heddle"):
        return codecs.CodecInfo(encode, encode, name=name)
def encode(text, errors="strict"):
    raise problem
codecs.register(search)
for name in "Heddle---1", "HEDDLE  1", "heddle\xe9-1", "heddle.1", "_heddle_1_":
    try:
        codecs.lookup(name)
    except LookupError as e:
        print(e)
print(seen)


class Own(RuntimeError):
    pass
class Fat(RuntimeError):
    def __init__(self, *args):
        self.extra = 1
for problem in RuntimeError("text"), RuntimeError(), Own("text"), Fat("text"), ValueError(1), KeyError("k"), OSError("x"):
    try:
        "x".encode("heddle-1")
    except Exception as e:
        print(type(e).__name__, e, type(e.__cause__).__name__)

decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
print([decoder.decode(bytes([b])) for b in b"\xed\xa0\x80"])
try:
    "a\udc80\ud800\udfffb".encode("utf-8", "surrogateescape")
except UnicodeEncodeError as e:
    print(e.start, e.end)
print("\0\\~+\u20ac".encode("utf-7"), ascii(b"a+2AE\xffb".decode("utf-7", "replace")))
