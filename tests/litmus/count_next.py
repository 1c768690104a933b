# `next(itertools.count())`: atomic: each number once
from _race import TIMES, THREADS, race

import itertools
count = itertools.count()
got = sum(race(lambda n: [next(count) for _ in range(TIMES)]), [])
print(sorted(got) == list(range(THREADS * TIMES)))
