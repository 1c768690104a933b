# The module atexit: order, arguments, exceptions, unregistering.
import atexit
import sys

sys.unraisablehook = lambda u: print("unraisable", repr(u.exc_value), u.err_msg, u.object.__name__)


def show(*args, **kwargs):
    print("show", args, kwargs)


def boom():
    raise ValueError("boom")


def late():
    atexit.register(show, "never")


print(atexit.register(show, 1, 2, x=3) is show, atexit._ncallbacks())
atexit.register(boom)
atexit.register(show)
atexit.register(late)
atexit._run_exitfuncs()
print(atexit._ncallbacks())

atexit.register(show, "a")
atexit.register(late)
atexit.register(show, "b")
atexit.unregister(show)
print(atexit._ncallbacks())
atexit._run_exitfuncs()
atexit.register(show, "c")
atexit._clear()
print(atexit._ncallbacks())


class Bad:
    def __call__(self):
        print("bad called")

    def __eq__(self, other):
        raise KeyError("eq")


atexit.register(Bad())
try:
    atexit.unregister(show)
except KeyError as e:
    print("KeyError", e)
for f in (lambda: atexit.register(), lambda: atexit.register(5)):
    try:
        f()
    except TypeError as e:
        print(e)


@atexit.register
def last():
    print("last", len(sys.modules) > 0)
    sys.stdout.flush()


atexit.register(print, "first")
