# try/except/else/finally in all combinations, context, cause, re-raise, tracebacks.
import sys, traceback
def f(n):
    out = []
    try:
        out.append("try")
        if n == 1: raise ValueError("one")
        if n == 2: raise KeyError("two")
        if n == 3: return out
    except ValueError as e:
        out.append(str(e))
    else:
        out.append("else")
    finally:
        out.append("finally")
    out.append("end")
    return out
for n in (0, 1, 3): print(f(n))
try: f(2)
except KeyError as e: print(repr(e))
def nested():
    try:
        try:
            1/0
        except ZeroDivisionError as e:
            raise ValueError("v") from e
    except ValueError as e:
        print(repr(e.__cause__), e.__suppress_context__)
    try:
        try:
            1/0
        except ZeroDivisionError:
            raise KeyError("k")
    except KeyError as e:
        print(repr(e.__context__), e.__cause__)
    try:
        try:
            1/0
        finally:
            raise IndexError
    except IndexError as e:
        print(repr(e.__context__))
    try:
        raise ValueError from None
    except ValueError as e:
        print(e.__cause__, e.__suppress_context__)
nested()
def loop():
    for i in range(5):
        try:
            if i == 1: continue
            if i == 3: break
        finally:
            print("f", i)
    return i
print(loop())
def ret():
    try: return 1
    finally: return 2
print(ret())
try:
    try: raise ValueError(1)
    except (KeyError, ValueError) as e:
        saved = e
        raise
except ValueError as e:
    print(e is saved, [tb.tb_lineno for tb in [e.__traceback__]])
try: e
except NameError as x: print(x)
try:
    raise
except RuntimeError as e: print(e)
try:
    raise 3
except TypeError as e: print(e)
try:
    raise ValueError from 3
except TypeError as e: print(e)
try:
    try: raise ValueError
    except 3: pass
except TypeError as e: print(e, repr(e.__context__))
def depth(n):
    if n: depth(n-1)
    else: raise ValueError("bottom")
try: depth(3)
except ValueError as e:
    tb = e.__traceback__
    names = []
    while tb:
        names.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
        tb = tb.tb_next
    print(names)
print(sys.exc_info())
try:
    raise ExceptionGroup("g", [ValueError(1), TypeError(2), KeyError(3)])
except* ValueError as eg:
    print("V", eg.exceptions)
except* (TypeError, KeyError) as eg:
    print("TK", eg.exceptions)
try:
    try:
        raise ExceptionGroup("g", [ValueError(1), OSError(2)])
    except* ValueError:
        print("handled")
except ExceptionGroup as eg:
    print(repr(eg))
def recursive(): return recursive()
try: recursive()
except RecursionError as e: print(e)
class E(Exception):
    def __init__(self): raise ZeroDivisionError
try: raise E
except ZeroDivisionError: print("in init")
