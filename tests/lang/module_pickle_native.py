# _pickle: bytes of all protocols, cycles, reducers, persistent ids, buffers, files, what is wrong.
import collections
import hashlib
import io
import pickle
import _pickle


class Plain:
    def __init__(self):
        self.x = 1


class Slots:
    __slots__ = ("a", "b")


class Reduced:
    def __reduce__(self):
        return list, (), None, iter([1, 2]), None


cycle = [1]
cycle.append(cycle)
knot = ([],)
knot[0].append(knot)
slots = Slots()
slots.a = 1
objects = [None, True, 0, 255, 65536, -1, 2**31, -2**100, 1.5, "", "é\udc80\n", "x" * 300, b"", b"abc" * 100, (), (1, 2),
           (1, 2, 3, 4), [], [1], list(range(2500)), {}, {"a": [1]}, {i: i for i in range(1001)}, {1}, frozenset([2]),
           knot, int, len, Plain, collections.OrderedDict(a=1), collections.deque([1]), ..., ValueError("x"), range(3),
           1j, ["x" * 65000, "y" * 70000, "z"], Reduced()]
for o in objects:
    made = [pickle.dumps(o, protocol) for protocol in range(6)]
    print(type(o).__name__, [len(m) for m in made], hashlib.md5(b"".join(made)).hexdigest())
    if o is not knot and not isinstance(o, (ValueError, Reduced)):
        print(all(pickle.loads(m) == o for m in made))
again = pickle.loads(pickle.dumps(cycle))
print(again[1] is again, pickle.loads(pickle.dumps(slots, 2)).a, pickle.loads(pickle.dumps(Plain())).x)


class Persistent(pickle.Pickler):
    def persistent_id(self, o):
        return "P" if o is Plain else None


class Loader(pickle.Unpickler):
    def persistent_load(self, name):
        return name.lower()

    def find_class(self, module, name):
        return (module, name)


file = io.BytesIO()
pickler = Persistent(file, 4)
pickler.dump([Plain, Slots])
pickler.dump([Plain, "second"])
print(sorted(number for number, o in pickler.memo.copy().values()))
file.seek(0)
loader = Loader(file)
print(loader.load(), loader.load(), loader.memo.copy())

buffers = []
data = pickle.dumps([pickle.PickleBuffer(b"abc"), pickle.PickleBuffer(bytearray(b"def"))], 5, buffer_callback=buffers.append)
print(data, [bytes(b) for b in buffers], pickle.loads(data, buffers=[b"new", bytearray(b"one")]))


def attempt(function, *args, **kwargs):
    try:
        print(function(*args, **kwargs))
    except Exception as error:
        print(type(error).__qualname__, error)


attempt(pickle.dumps, 1, 6)
attempt(pickle.dumps, 1, 4, buffer_callback=print)
attempt(pickle.loads, b"")
attempt(pickle.loads, b"K")
attempt(pickle.loads, b"?")
attempt(pickle.loads, b"\xff")
attempt(pickle.loads, b"h\x05.")
attempt(pickle.loads, b"]r\x00\x00\x20\x00q\x000j\x00\x00\x20\x00.")
attempt(pickle.loads, b"j\xff\xff\xff\xff.")
attempt(pickle.loads, b"0.")
attempt(pickle.loads, b"(.")
attempt(pickle.loads, b"e.")
attempt(pickle.loads, b"\x80\x09.")
attempt(pickle.loads, b"ctypes\nnothing\n.")
attempt(pickle.loads, b"Pid\n.")
attempt(pickle.loads, b"\x97.")
attempt(_pickle.Pickler, 1)
attempt(_pickle.Unpickler, 1)
