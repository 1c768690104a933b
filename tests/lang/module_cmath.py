# The module cmath: functions over the quadrants and special values.
import cmath
inf, nan = float('inf'), float('nan')
def part(x):
    return '%.10g' % x
def attempt(f, *args, **kw):
    try:
        r = f(*args, **kw)
    except Exception as e:
        return type(e).__name__ + ': ' + str(e)
    if isinstance(r, complex): return part(r.real) + ' ' + part(r.imag)
    if isinstance(r, tuple): return [part(x) for x in r]
    return part(r) if isinstance(r, float) else r
zs = [1+2j, -1+2j, -1-2j, 1-2j, 0.5+0j, -0.5-0j, 2j, -0.25j, 3, 1.5, 0j, complex(-0.0, 0.0), 1, -1, 1j, 10+10j, 1e-5+1e-5j, 300-1j]
for name in 'acos acosh asin asinh atan atanh cos cosh exp log log10 phase polar sin sinh sqrt tan tanh isfinite isinf isnan'.split():
    print(name, [attempt(getattr(cmath, name), z) for z in zs])
for name in 'sqrt exp cosh sinh tanh cos sin isfinite isinf isnan phase polar'.split():
    print(name, [attempt(getattr(cmath, name), complex(x, y)) for x in (inf, -inf, 1.0) for y in (inf, 2.0, 0.5)])
print(attempt(cmath.log, 0), attempt(cmath.log, 8, 2), attempt(cmath.log, 1j, 1), attempt(cmath.exp, 1000), attempt(cmath.rect, 2, 1), attempt(cmath.rect, 1, inf), attempt(cmath.rect, 0, inf))
print(attempt(cmath.isclose, 1+1j, 1+1.0000000001j), attempt(cmath.isclose, 1, 2, abs_tol=1), attempt(cmath.isclose, 1, 1, rel_tol=-1), attempt(cmath.sqrt, 'a'), attempt(cmath.polar, 1e308+1e308j))
print(cmath.pi, cmath.e, cmath.tau, cmath.inf, cmath.nan, cmath.infj, cmath.nanj)
