# send, throw, close, return values, yield from, StopIteration inside, attributes.
def g():
    try:
        x = yield 1
        print("got", x)
        y = yield 2
        print("got", y)
    except ValueError as e:
        print("caught", e)
        yield 99
    finally:
        print("finally")
    return "done"
a = g()
print(next(a), a.send("x"))
print(a.throw(ValueError("v")))
try:
    next(a)
except StopIteration as e:
    print("stop", e.value)
print(list(a), a.gi_frame)
b = g(); next(b); b.close(); b.close()
try:
    g().send(1)
except TypeError as e: print(e)
def stops():
    raise StopIteration(3)
    yield
try:
    next(stops())
except RuntimeError as e:
    print(e, repr(e.__cause__))
def inner():
    r = yield "a"
    print("inner", r)
    try:
        yield "b"
    except KeyError:
        yield "k"
    return 7
def outer():
    v = yield from inner()
    print("value", v)
    yield from [1, 2]
o = outer()
print(next(o), o.gi_yieldfrom is not None, o.send(5), o.throw(KeyError), next(o), next(o))
print(list(o))
def rec():
    yield next(self_ref)
self_ref = rec()
try:
    next(self_ref)
except ValueError as e: print(e)
def ignore():
    while True:
        try:
            yield
        except GeneratorExit:
            pass
i = ignore(); next(i)
try:
    i.close()
except RuntimeError as e: print(e)
i = None
def gen_finally():
    try:
        yield 1
    finally:
        print("cleanup")
for v in gen_finally():
    break
print("after")
x = gen_finally(); next(x); del x
print(g.__name__, a.__name__, a.__qualname__, type(a).__name__, a.gi_running, a.gi_code is g.__code__)
def ctx():
    try:
        1/0
    except ZeroDivisionError:
        yield 1
        import sys
        yield sys.exc_info()[0]
c = ctx(); next(c)
try:
    raise KeyError
except KeyError:
    print(next(c))
import sys
print(sys.exc_info())
def throw_unstarted():
    yield 1
t = throw_unstarted()
try:
    t.throw(ValueError, "early")
except ValueError as e: print("early:", e)
print(list(t))
def delegating_close():
    def sub():
        try:
            yield 1
        finally:
            print("sub closed")
    yield from sub()
d = delegating_close(); next(d); d.close()
print([*(x*y for x in range(3) for y in range(2) if x != y)])
