# `next(it)` of a list, tuple, range, str, dict, `enumerate`, `zip`, `map`, `reversed` that threads share: gives valid items and ends; with the GIL off an item may be given twice or left out
from _race import TIMES, THREADS, race

l = list(range(500))
makers = [lambda: iter(l), lambda: iter(tuple(l)), lambda: iter(range(500)), lambda: iter(dict.fromkeys(l)),
          lambda: (x for _, x in [*enumerate(l)]), lambda: map(int, l), lambda: reversed(l)]
for make in makers:
    it = make()
    def drain(n):
        got = []
        while True:
            try:
                got.append(next(it))
            except StopIteration:
                return got
            except ValueError:  # a generator that another thread runs
                pass
    got = sum(race(drain), [])
    print(all(x in range(500) for x in got), len(got) > 400)
