# A caught exception goes away at once, and with it what the frames on its way held: no cycle through the raising frame.
import gc
import types
import weakref


class Held:
    pass


def fail():
    raise ValueError("no")


def generator():
    yield 1
    raise ValueError("no")


def direct():
    fail()


def by_generator():
    list(generator())


def by_module():
    module = types.ModuleType("module")

    def missing(name):
        raise AttributeError("no " + name)

    module.__getattr__ = missing
    hasattr(module, "nothing")


def try_it(function):
    held = Held()
    try:
        function()
    except ValueError:
        pass
    return weakref.ref(held)


gc.collect()
gc.disable()
for function in direct, by_generator, by_module:
    print(function.__name__, try_it(function)() is None)
