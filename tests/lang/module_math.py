# The module math: every function over ordinary and special values.
import math
inf, nan = math.inf, math.nan
def attempt(f, *args, **kw):
    try:
        r = f(*args, **kw)
    except Exception as e:
        return type(e).__name__ + ': ' + str(e)
    if isinstance(r, float) and r == r and abs(r) != inf and r != 0:
        return '%.12g' % r
    return repr(r)
print(sorted(n for n in dir(math) if not n.startswith('__')))
xs = [0.0, -0.0, 0.5, -0.5, 1, -1, 2.5, -3.7, 10, 100.25, 710.0, 1e-10, 1e300, -1e300, 171.5, inf, -inf, nan, True]
for name in '''acos acosh asin asinh atan atanh cbrt ceil cos cosh degrees erf erfc exp exp2 expm1 fabs floor gamma isfinite isinf isnan
               lgamma log log10 log1p log2 modf radians sin sinh sqrt tan tanh trunc ulp frexp'''.split():
    print(name, [attempt(getattr(math, name), x) for x in xs], attempt(getattr(math, name), 'a'))
for name in 'atan2 copysign fmod pow remainder nextafter hypot isclose log'.split():
    for x in xs[:-1]:
        print(name, x, [attempt(getattr(math, name), x, y) for y in [0.0, -0.0, 1, -2.5, 3, 1e-5, inf, -inf, nan]])
for n in [0, 1, 5, 20, 21, 25, 100]:
    print(n, math.factorial(n), math.isqrt(n), [math.comb(n, k) for k in range(0, 8)], [math.perm(n, k) for k in range(0, 5)], math.perm(n))
print(math.comb(1000, 500) % 10**9, math.comb(2**70, 3), math.perm(2**70, 2), math.factorial(1000) % (10**9 + 7), math.isqrt(10**40 + 5), math.comb(5, 6))
for f, args in [(math.factorial, (-1,)), (math.factorial, (1.0,)), (math.factorial, (2**70,)), (math.comb, (-1, 2)), (math.comb, (1, -2)), (math.perm, (3, -1)),
                (math.isqrt, (-1,)), (math.isqrt, (1.5,)), (math.gcd, (1.5,)), (math.comb, (2**70, 2**69)), (math.sqrt, (-1,)), (math.log, (0,)), (math.log, (-(10**400),)),
                (math.log, (10, 1)), (math.ldexp, (1, 1.5)), (math.ldexp, (1.0, 2000)), (math.dist, ((1,), (1, 2))), (math.fmod, (1, 0)), (math.pow, (0, -1)), (math.trunc, ('a',)),
                (math.exp, (1000,)), (math.sin, ()), (math.hypot, ('a',)), (math.floor, (nan,)), (math.ceil, (inf,)), (math.fsum, ([1e308, 1e308, -1e308, 1e308],)), (math.fsum, ([inf, -inf],))]:
    print(f.__name__, args if len(str(args)) < 100 else '', attempt(f, *args))
print(math.gcd(), math.gcd(12, -18), math.gcd(2**100 * 9, 2**90 * 15), math.gcd(0, 5, 10), math.lcm(), math.lcm(4, 6), math.lcm(2**70, 3, 0), math.lcm(-4, 10**30))
print(attempt(math.log, 10**1000), attempt(math.log2, 2**2000), attempt(math.log10, 10**500), attempt(math.log, 10**400, 10**200), math.log(8, 2), math.log2(8))
print(math.ldexp(0.5, 3), math.ldexp(1, -1080), math.ldexp(inf, 5), math.ldexp(1.5, -(2**70)), math.frexp(0.75), math.modf(-2.5), math.modf(inf))
print(math.fsum([0.1] * 10), math.fsum([1e100, 1, -1e100, 1]), math.fsum([]), math.fsum([inf, 1]), math.fsum(range(1000)), math.fsum([1e-16, 1, 1e16]))
print(math.prod([]), math.prod([1, 2, 3.5]), math.prod(range(1, 30)), math.prod([2, 3], start=7), math.prod(['a'], start=3))
print(math.hypot(), math.hypot(3, 4), math.hypot(1e300, 1e300), math.hypot(5e-324), math.hypot(1, 2, 3, 4), math.hypot(inf, nan), math.dist((1, 2), (4, 6)), math.dist([1.5], [2]))
print(math.isclose(1, 1 + 1e-10), math.isclose(1, 1.1, rel_tol=0.1), math.isclose(0, 1e-12, abs_tol=1e-9), attempt(math.isclose, 1, 1, rel_tol=-1), math.isclose(inf, inf))
class Rounds:
    def __floor__(self): return 'floor'
    def __ceil__(self): return 'ceil'
    def __trunc__(self): return 'trunc'
print(math.floor(Rounds()), math.ceil(Rounds()), math.trunc(Rounds()), math.floor(2**70), math.ceil(-1.5), math.trunc(1e20))
print(math.pi, math.e, math.tau, math.inf, math.nan, math.nextafter(0, 1), math.ulp(1.0))
state = 1
for i in range(200):
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    a, b = (state >> 11) / 2**40 - 4000, (state & 0xffffff) / 2**18 - 30
    print(math.hypot(a, b), math.hypot(a, b, a / 3), math.dist((a, b), (b, a)), math.fsum([a, b, a * b, -a]))
