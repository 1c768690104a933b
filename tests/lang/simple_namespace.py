# types.SimpleNamespace: keywords, text, comparison, pickling, subclasses.
import copy, pickle
from types import SimpleNamespace as N

def show(*expressions):
    for e in expressions:
        try:
            print(e, "->", repr(eval(e)))
        except Exception as x:
            print(e, "!!", type(x).__name__, x)

class S(N):
    pass
n = N(a=1, b=[2])
r = N(); r.r = r; r.x = 1
show("n", "N()", "N(1)", "N(x=1, **{'a b': 2})", "N(**{1: 1})", "n.a", "n.c", "vars(n)", "n == N(a=1, b=[2])", "n == N(a=1)",
     "n == {'a': 1}", "n < N(a=2)", "n < 1", "hash(n)", "r", "S(b=1)", "S(b=1) == N(b=1)", "n.__reduce__()",
     "pickle.loads(pickle.dumps(n))", "copy.deepcopy(n)", "setattr(n, '__dict__', {})", "n.__init__(a=5)", "n")
del n.a
n.c = 3
print(n, list(vars(n)))
vars(n)["d"] = 4
vars(n)[1] = 2
print(n.d, n)
