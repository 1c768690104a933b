# complex: making, text, arithmetic, powers, comparison, formatting.
inf, nan = float('inf'), float('nan')
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)
for z in [0j, 1j, -1j, 1+2j, complex(-0.0, 1), complex(0.0, -0.0), complex(inf, nan), complex(-1.5, -inf), 1e100+1e-100j, complex(-0.0, -0.0)]:
    print(repr(z), str(z), z.real, z.imag, z.conjugate(), -z, +z, bool(z), attempt(abs, z), z == z, z.__getnewargs__())
for text in ['1', '1j', 'j', '-j', '+j', '1+2j', '1-j', '(1+2j)', ' ( 1+2j ) ', '1e5+2e-3J', 'inf+nanj', 'nan', '-infj', '1_0+2_0j', '.5j', '1.e3j']:
    print(text, complex(text))
for text in ['', ' ', '1+', '1+2', '1 + 2j', '(1', '1)', '()', 'jj', '1j2', '1+2jj', 'a', '1__0', '1+-2j', '\x00']:
    print(repr(text), attempt(complex, text))
print(complex(), complex(3), complex(3, 4), complex(real=1, imag=2), complex(1j, 1j), complex(2.5, True), complex(1+2j, 3))
print(attempt(complex, '1', 2), attempt(complex, 1, '2'), attempt(complex, []), attempt(complex, 1, []), attempt(complex, 1, 2, 3))
values = [0j, 1j, 1+2j, -3+0.5j, 2, -1.5, True, 0]
for a in values:
    for b in values:
        print(a, b, attempt(lambda: a + b), attempt(lambda: a - b), attempt(lambda: a * b), attempt(lambda: (a + 0j) / b),
              attempt(lambda: (a + 0j) ** b), a == b, a != b)
print(attempt(lambda: 1j // 2), attempt(lambda: 1j % 2), attempt(divmod, 1j, 2), attempt(lambda: 1j < 2), attempt(lambda: pow(1j, 2, 3)))
print(attempt(int, 1j), attempt(float, 1j), hash(1j), hash(1+0j) == hash(1), hash(1.5+2j), 1+0j == 1, 2**53 + 1 == complex(2**53, 0))
print((1+2j) ** 2, (1+2j) ** -2, (1+2j) ** 0.5, (1+2j) ** (2+1j), 0j ** 0, attempt(lambda: 0j ** -1), attempt(lambda: 0j ** 1j))
print(attempt(lambda: abs(complex(1e308, 1e308))), attempt(lambda: (1e200+1e200j) ** 10), (-8) ** (1/3))
for spec in ['', '.2f', '10.3', '+.1e', '>20', '<20.2f', '^20', 'g', '.3g', 'n', ',.1f', '_.2f', '#.3g']:
    print(repr(spec), repr(format(1234.5-2.25j, spec)), repr(format(3j, spec)))
for spec in ['=10', '010', 'd', 's', '%']:
    print(repr(spec), attempt(format, 1j, spec))
class C(complex):
    pass
class HasComplex:
    def __complex__(self):
        return 3+4j
print(C(1, 2), type(C(1, 2) + 1), complex(HasComplex()), complex(C(5)), type(complex(C(5))))
