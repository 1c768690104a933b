# Instances of subclasses of int: arithmetic gives plain ints, methods of the subclass win.
class Meters(int):
    unit = 'm'
    def __repr__(self):
        return f'Meters({int(self)})'
    def __add__(self, other):
        return Meters(int(self) + int(other))
    def __radd__(self, other):
        return Meters(1000 + int(self))
m = Meters(5)
m.note = 'attribute'
print(m, m.note, m.unit, type(m * 2), m * 2, m + 1, 1 + m, -m, type(-m), type(+m), m == 5, hash(m) == hash(5), {5: 'x'}[m])
big = Meters(2**100)
print(big, big - 1, type(big - 1), type(int(big)), big.bit_length(), bool(Meters(0)), Meters('12'), Meters('ff', 16))
print(isinstance(m, int), m is Meters(5), type(Meters.from_bytes(b'\x07')), f'{m:05d}', '%d' % m, m.real, type(m.real))
class Flag(int):
    def __new__(cls, value, name):
        self = super().__new__(cls, value)
        self.name = name
        return self
f = Flag(3, 'three')
print(f, f.name, f | 4, [10, 20, 30, 40][f], range(f), list(range(Flag(2, 'two'))))
class WithIndex:
    def __index__(self):
        return 7
print(int(WithIndex()), hex(WithIndex()), [0] * 3 * WithIndex().__index__() == [0] * 21, range(WithIndex()))
class WithInt:
    def __int__(self):
        return 12
class BadInt:
    def __int__(self):
        return 'no'
class WithTrunc:
    def __trunc__(self):
        return 9
import warnings
warnings.simplefilter('ignore')
print(int(WithInt()), int(WithTrunc()))
try:
    int(BadInt())
except TypeError as e:
    print(e)
