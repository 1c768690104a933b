# Instances of plain classes: the same bytes as by __reduce_ex__, whatever the class or the instance says about pickling.
import copyreg
import pickle
import sys


class Plain:
    pass


class Slots:
    __slots__ = ("a", "b")


class SlotsAndDict(Slots):
    pass


class State:
    def __getstate__(self):
        return {"other": 1}


class Arguments:
    def __new__(cls, *args):
        return object.__new__(cls)

    def __getnewargs__(self):
        return (1, 2)


class Keywords:
    def __new__(cls, *, key):
        self = object.__new__(cls)
        self.key = key
        return self

    def __getnewargs_ex__(self):
        return (), {"key": 5}


class Reduce:
    def __reduce__(self):
        return Plain, ()


class Items(dict):
    pass


class Lying:
    @property
    def __dict__(self):
        return {"made": "up"}


class Fallback:
    def __getattr__(self, name):
        raise AttributeError(name)


class Setter:
    def __setstate__(self, state):
        self.__dict__["seen"] = sorted(state)


class Late:
    """Changes its owner while that is being saved."""

    def __init__(self, owner):
        self.owner = owner

    def __reduce__(self):
        self.owner.added = 1
        return int, (7,)


def fill(obj, *names):
    for i, name in enumerate(names):
        setattr(obj, name, i)
    return obj


def own(obj, name, function):
    setattr(obj, name, function)
    return obj


def cases():
    yield "empty", Plain()
    yield "one", fill(Plain(), "a")
    yield "three", fill(Plain(), "a", "b", "c")
    yield "forty", fill(Plain(), *("n%d" % i for i in range(40)))
    dicted = fill(Plain(), "x", "y")
    dicted.__dict__["z"] = 3
    yield "with a dict", dicted
    deleted = fill(Plain(), "x", "y")
    del deleted.x
    yield "deleted", deleted
    del deleted.y
    yield "deleted all", deleted
    loop = Plain()
    loop.me = loop
    loop.others = [loop, (loop,)]
    yield "loop", loop
    one, two = fill(Plain(), "a"), fill(Plain(), "a")
    yield "twice", [one, two, one, two.__dict__]
    yield "own reduce", own(fill(Plain(), "a"), "__reduce_ex__", len)
    yield "own state", own(fill(Plain(), "a"), "__getstate__", dict)
    yield "slots", fill(Slots(), "a")
    yield "slots and dict", fill(SlotsAndDict(), "a", "b", "c")
    yield "state", fill(State(), "a")
    yield "arguments", fill(Arguments(), "a")
    yield "keywords", Keywords(key=1)
    yield "reduce", fill(Reduce(), "a")
    yield "items", fill(Items(k=1), "a")
    yield "lying", fill(Lying(), "a")
    yield "fallback", fill(Fallback(), "a")
    yield "setter", fill(Setter(), "b", "a")


def show(obj, depth=0):
    if depth < 3 and type(obj).__module__ == __name__:
        slots = [(n, show(getattr(obj, n), depth + 1)) for n in ("a", "b") if "a" in dir(type(obj)) and hasattr(obj, n)]
        return type(obj).__name__, {n: show(v, depth + 1) for n, v in vars(obj).items()} if hasattr(obj, "__dict__") else None, slots
    return type(obj).__name__ if depth >= 3 or isinstance(obj, tuple) else repr(obj) if not isinstance(obj, list) else [show(v, depth + 1) for v in obj]


for again in range(2):  # the second time copyreg knows the classes
    for name, obj in cases():
        for protocol in range(2, 6):
            try:
                data = pickle.dumps(obj, protocol)
            except Exception as e:
                print(name, protocol, type(e).__name__)
                continue
            try:
                back = show(pickle.loads(data))
            except Exception as e:
                back = type(e).__name__, str(e)
            print(name, protocol, data, back)

for names in ("a",), ("b", "c"):
    late = fill(Plain(), *names)
    setattr(late, names[0], Late(late))
    try:
        print(pickle.dumps(late))
    except RuntimeError as e:
        print(e)


class Persistent(pickle.Pickler):
    def persistent_id(self, obj):
        print("asked:", obj if not isinstance(obj, (list, Plain, Slots, type)) else type(obj).__name__)


class Override(pickle.Pickler):
    def reducer_override(self, obj):
        if isinstance(obj, Plain):
            return Plain, ()
        return NotImplemented


class Tables(pickle.Pickler):
    dispatch_table = copyreg.dispatch_table.copy()
    dispatch_table[Plain] = lambda obj: (str, ("from the table",))


class Mapping(dict):
    def __missing__(self, key):
        print("missing", key.__name__)
        raise KeyError(key)


import io

for kind in Persistent, Override, Tables:
    out = io.BytesIO()
    kind(out, 4).dump([fill(Plain(), "a", "b"), Slots()])
    print(kind.__name__, out.getvalue())
out = io.BytesIO()
pickler = pickle.Pickler(out, 4)
pickler.dispatch_table = Mapping()
pickler.dump(fill(Plain(), "a"))
pickler.dump(fill(Plain(), "a"))
print(out.getvalue())
memo = pickler.memo.copy()
print(sorted(number for number, _ in memo.values())[-1])
pickler.memo = memo
last = fill(Plain(), "b")
pickler.dump([last])
pickler.dump([last, last])
out.seek(0)
unpickler = pickle.Unpickler(out)
print([show(unpickler.load()) for _ in range(4)])
out = io.BytesIO()
pickler = pickle.Pickler(out, 4)
pickler.fast = True
pickler.dump([fill(Plain(), "a")])
print(out.getvalue())

# __new__ that Python code gives to a class afterwards
fill(Arguments(), "a")
data = pickle.dumps(fill(Plain(), "a"))
Plain.__new__ = lambda cls: fill(object.__new__(cls), "new")
print(sorted(vars(pickle.loads(data))))
Plain.__new__ = lambda cls: 5
try:
    print(pickle.loads(data))
except AttributeError as e:
    print(e)
Plain.__reduce_ex__ = lambda self, protocol: "sys"
try:
    print(pickle.dumps(fill(Slots(), "a")))
except Exception as e:
    print(type(e).__name__, e)
print(sys.intern("attribute_name") == pickle.loads(pickle.dumps("attribute_name")), pickle.loads(pickle.dumps("attribute_name" * 9)))
