# changing a class while its instances are used: each lookup sees the class before or after one change; all later lookups, also of subclasses, see it
from _race import TIMES, THREADS, race

class Base:
    def f(self):
        return 0
class Sub(Base):
    pass
def write(n):
    for i in range(TIMES):
        Base.f = lambda self, i=i: i
def read(n):
    o = Sub()
    return all(type(o.f()) is int for _ in range(TIMES))
print(all(value in (None, True) for value in race(write, read, threads=2)))
Base.f = lambda self: "last"
print(Sub().f())
