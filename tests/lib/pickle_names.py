# Names that a pickle refers to are looked up when it is written and read, whatever was there the last time.
import pickle
import sys
import types


def trip(obj):
    try:
        data = pickle.dumps(obj)
    except Exception as e:
        return type(e).__name__, str(e).split(" at 0x")[0], str(e).split(">")[-1]
    try:
        return pickle.loads(data)
    except Exception as e:
        return type(e).__name__, str(e)


def make(name, **attributes):
    module = types.ModuleType(name)
    for key, value in attributes.items():
        if isinstance(value, type):
            value = type(key, (), {"__module__": name, "tag": value.__name__})
        setattr(module, key, value)
    sys.modules[name] = module
    return module


first = make("made_up", Thing=int, Other=str)
Thing = first.Thing
data = pickle.dumps(Thing)
for _ in range(3):
    print(trip(Thing) is Thing, pickle.loads(data) is Thing)
# another object under the name
first.Thing = first.Other
print(trip(Thing), pickle.loads(data) is first.Other)
first.Thing = Thing
print(trip(Thing) is Thing)
# the name is gone, and comes back in another place
del first.Thing
try:
    print(pickle.loads(data))
except AttributeError as e:
    print(str(e).split(" on ")[0])
print(trip(Thing)[0])
first.Thing = Thing
print(trip(Thing) is Thing, pickle.loads(data) is Thing)
# another module under the name
second = make("made_up", Thing=float)
print(trip(Thing)[0], pickle.loads(data) is second.Thing)
print(trip(second.Thing) is second.Thing)
sys.modules["made_up"] = first
print(trip(Thing) is Thing, trip(second.Thing)[0])


# something that is no module
class Stand:
    def __getattr__(self, name):
        print("asked for", name)
        if name.startswith("_"):
            raise AttributeError(name)
        return Thing


sys.modules["made_up"] = Stand()
print(pickle.loads(data) is Thing)
print(pickle.loads(data) is Thing)
sys.modules["made_up"] = None
try:
    pickle.loads(data)
except ImportError as e:
    print(type(e).__name__)
del sys.modules["made_up"]
try:
    pickle.loads(data)
except ImportError as e:
    print(type(e).__name__, e)
# nothing holds a module that is gone
import gc
import weakref

third = make("made_up", Thing=int)
print(trip(third.Thing) is third.Thing, trip(third.Thing) is third.Thing)
gone = weakref.ref(third), weakref.ref(third.Thing)
del sys.modules["made_up"], third
gc.collect()
print(gone[0](), gone[1]())
# a __getattr__ of the module, a class in a class, a name that modules have themselves
fourth = make("made_up", Outer=int)
fourth.__getattr__ = lambda name: fourth.Outer if name == "Virtual" else (_ for _ in ()).throw(AttributeError(name))
virtual = pickle.dumps(fourth.Outer).replace(b"\x8c\x05Outer", b"\x8c\x07Virtual").replace(b"\x95\x18", b"\x95\x1a")
print(pickle.loads(virtual) is fourth.Outer, pickle.loads(virtual) is fourth.Outer)
fourth.Outer.Inner = type("Inner", (), {"__module__": "made_up", "__qualname__": "Outer.Inner"})
for _ in range(2):
    print(trip(fourth.Outer.Inner) is fourth.Outer.Inner)
fourth.Outer.Inner, old = type("Inner", (), {"__module__": "made_up", "__qualname__": "Outer.Inner"}), fourth.Outer.Inner
print(trip(old)[0], trip(fourth.Outer.Inner) is fourth.Outer.Inner)
# another sys.modules entry made while it is read
for i in range(100):
    make("made_up_%d" % i, Thing=int)
    assert trip(sys.modules["made_up_%d" % i].Thing) is sys.modules["made_up_%d" % i].Thing
print(all(trip(sys.modules["made_up_%d" % i].Thing) is sys.modules["made_up_%d" % i].Thing for i in range(100)))
print(trip(len) is len, trip(pickle.dumps) is pickle.dumps, trip(type) is type)
