# Methods and attributes of float.
inf, nan = float('inf'), float('nan')
def attempt(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__, str(e)
for x in [0.0, -0.0, 1.0, 0.5, -2.5, 3.5, 0.1, 1e22, 1e-300, 2.0**80, 123456.789, inf, -inf, nan]:
    print(x, x.is_integer(), attempt(x.as_integer_ratio), attempt(int, x), attempt(round, x), x.conjugate(), x.real, x.imag, x.hex(),
          attempt(x.__trunc__), attempt(x.__floor__), attempt(x.__ceil__), x.__getnewargs__())
for x in [2.675, 0.5, 1.5, 2.5, 1e15 + 0.3, 123456.789, -0.05, 5e-324, 1.7e308, 1e23, 0.15, 25.0, 1050.0]:
    print(x, [attempt(round, x, n) for n in (-400, -309, -308, -3, -2, -1, 0, 1, 2, 3, 5, 17, 22, 323, 400)])
print(attempt(round, 1.5, None), attempt(round, 1.5, 'a'), attempt(round, 1.5, 10**30), attempt(round, nan, 2), attempt(round, -0.4))
print(float.__getformat__('double'), float.__getformat__('float'), attempt(float.__getformat__, 'x'))
class F(float):
    def __repr__(self):
        return f'F({float(self)})'
f = F(1.5)
f.note = 1
print(f, f + 1, type(f + 1), type(-f), F('2.5'), F.fromhex('0x1p3'), f == 1.5, hash(f) == hash(1.5), f'{f:.2f}', float(f), type(float(f)))
class HasFloat:
    def __float__(self):
        return 2.25
class HasIndex:
    def __index__(self):
        return 4
class Bad:
    def __float__(self):
        return 'x'
print(float(HasFloat()), float(HasIndex()), attempt(float, Bad()))
