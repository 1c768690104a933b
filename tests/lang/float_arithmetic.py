# float arithmetic, mixed with int and bool; floor division, modulo and powers with signs and special values.
inf, nan = float('inf'), float('nan')
values = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.7, 1e300, -1e-300, 5e-324, inf, -inf, nan, 2, -3, True, 2**70]
def attempt(f, *args):
    try:
        return repr(f(*args))
    except Exception as e:
        return type(e).__name__ + ': ' + str(e)
import operator as op
for f in [op.add, op.sub, op.mul, op.truediv, op.floordiv, op.mod, divmod, pow, op.lt, op.le, op.eq, op.ne, op.gt, op.ge]:
    for a in values:
        print(f.__name__, repr(a), [attempt(f, a, b) for b in values if f is not pow or isinstance(a, float) or isinstance(b, float)])
x = 1.5
x += 1; x -= 0.25; x *= 4; x /= 3; x //= 0.5; x %= 4; x **= 2
print(x, -x, +x, abs(-x), bool(x), bool(0.0), int(x), round(x))
# exact comparison with ints that no float equals
for n in [2**53, 2**53 + 1, -(2**53) - 1, 2**60 + 1, 2**63, 2**64 + 1, 10**22, 10**23, 2**1023 + 1, 10**309]:
    for d in [float(2**53), -float(2**53), 1e22, 1e23, 2.0**63, 2.0**64, 2.0**1023, inf, -inf, nan]:
        print(n < d, n == d, n > d, d < n, d == n, d != n, d >= n, end=' ')
    print()
print(hash(1.5), hash(2.0) == hash(2), hash(1e300), hash(-0.0), hash(inf), hash(-inf), hash(0.1), hash(5e-324))
print([nan] == [nan], [nan].count(nan), nan in [nan, 1], nan == nan, nan is nan)
