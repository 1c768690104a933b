# bool: two instances, an int in arithmetic, bool in bitwise operations with bools only.
print(True, False, repr(True), str(False), int(True), float(True), True + True, True * 5, -True, ~True, +False)
for a in (True, False):
    for b in (True, False):
        print(a & b, a | b, a ^ b, a & 1, 1 | b, a ^ 3, a == b, a < b, a // (b or 1), a << b)
print(bool(), bool(0), bool(0.0), bool(''), bool([]), bool('a'), bool(None), bool(0j), bool(1e-300))
print(isinstance(True, int), type(True), type(True & 1), type(True & True), True is bool(5), hash(True), {True: 1, 1: 2})
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)
print(attempt(bool, 1, 2), attempt(bool, x=1), attempt(lambda: type('B', (bool,), {})), attempt(lambda: bool.__new__(int)))
class T:
    def __bool__(self):
        return 3
class L:
    def __len__(self):
        return 0
print(attempt(bool, T()), bool(L()))
print(format(True), format(True, 'd'), f'{True:5}', '%d %s' % (True, True), True.bit_length(), True.to_bytes(2, 'big'))
print(sum([True, True, False]), max(True, 2), sorted([True, 0, 2, False]), [1, 2][True], True == 1.0, True in [1])
