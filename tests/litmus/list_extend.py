# `l.extend(other)`, `l += other` for a list, tuple, set, dict or view: atomic: the items come to lie together
from _race import TIMES, THREADS, race

l = []
race(lambda n: [l.extend([n] * 7) if i % 2 else l.extend((n,) * 7) for i in range(TIMES)])
runs = [l[i:i + 7] for i in range(0, len(l), 7)]
print(len(l), all(len(set(run)) == 1 for run in runs))
