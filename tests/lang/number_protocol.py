# Operators between classes: reflected operands, subclasses first, NotImplemented, in-place forms, error messages.
log = []
class A:
    def __add__(self, other): log.append('A.add'); return NotImplemented
    def __radd__(self, other): log.append('A.radd'); return 'radd'
    def __iadd__(self, other): log.append('A.iadd'); return NotImplemented
    def __pow__(self, other, mod=None): log.append(('A.pow', mod)); return NotImplemented
    def __rpow__(self, other, mod=None): log.append(('A.rpow', mod)); return 'rpow'
class B(A):
    def __radd__(self, other): log.append('B.radd'); return 'B'
class N:
    pass
def attempt(f):
    del log[:]
    try:
        r = f()
    except Exception as e:
        r = type(e).__name__ + ': ' + str(e)
    print(r, log)
attempt(lambda: A() + 1)
attempt(lambda: 1 + A())
attempt(lambda: A() + B())
attempt(lambda: B() + A())
attempt(lambda: A() + A())
attempt(lambda: N() + A())
attempt(lambda: 2 ** A())
attempt(lambda: A() ** 2)
attempt(lambda: pow(A(), 2, 3))
attempt(lambda: pow(2, A(), 3))
def iadd():
    a = A()
    a += 1
    return a
attempt(iadd)
import operator as op
ops = [op.add, op.sub, op.mul, op.truediv, op.floordiv, op.mod, op.pow, op.lshift, op.rshift, op.and_, op.or_, op.xor, op.matmul, divmod,
       op.iadd, op.isub, op.imul, op.itruediv, op.ifloordiv, op.imod, op.ipow, op.ilshift, op.irshift, op.iand, op.ior, op.ixor, op.imatmul]
for f in ops:
    for a, b in [(1, 'a'), ('a', 1), (N(), 1), ([], 1), (1.5, None), ({}, {}), ((), 'x'), (b'', 1), ([], 2.5), ('a', 1.5), (1.5, 'a')]:
        if (f in (op.mul, op.imul) and isinstance(a, (str, list, tuple, bytes)) and isinstance(b, int)) or (f is op.mod and isinstance(a, (str, bytes))):
            continue
        if isinstance(a, dict) and f in (op.or_, op.ior): continue
        if isinstance(a, list) and f is op.iadd: continue
        if f in (op.mul, op.imul) and isinstance(b, str) and isinstance(a, int): continue
        if f is op.imod and isinstance(a, (str, bytes)): continue
        attempt(lambda: f(a, b))
for f in [op.neg, op.pos, op.invert, abs, op.index, hex, range, int, float, round, complex]:
    attempt(lambda: f(N()))
class I:
    def __index__(self): return 'x'
attempt(lambda: op.index(I()))
attempt(lambda: [1][I()])
attempt(lambda: [1] * (2**70))
attempt(lambda: print >> 1)
class R(int):
    def __rsub__(self, other): return 'R.rsub'
    def __sub__(self, other): return 'R.sub'
attempt(lambda: (1 - R(2), R(2) - 1, R(1) - R(2), 1.5 - R(2)))
