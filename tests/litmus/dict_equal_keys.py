# keys that Python compares (`__eq__`, `__hash__`): the dict stays whole; the operation is made against the state it found last, `__eq__` may run more than once
from _race import TIMES, THREADS, race

class Key:
    def __init__(self, n):
        self.n = n
    def __hash__(self):
        return self.n % 3
    def __eq__(self, other):
        return self.n == other.n
d = {}
race(lambda n: [d.__setitem__(Key(i), n) for i in range(60)])
print(len(d), sorted(key.n for key in d) == list(range(60)))
race(lambda n: [d.pop(Key(i), None) for i in range(60)])
print(d)
