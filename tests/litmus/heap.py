# `heapq.heappush`, `heappop`, `heapreplace`, `heappushpop`: atomic while no `__lt__` written in Python runs
from _race import TIMES, THREADS, race

import heapq
heap = []
race(lambda n: [heapq.heappush(heap, n * TIMES + i) for i in range(TIMES)])
print(len(heap), all(heap[i] <= heap[j] for i in range(len(heap)) for j in (2 * i + 1, 2 * i + 2) if j < len(heap)))
taken = race(lambda n: [heapq.heappop(heap) for _ in range(TIMES)])
print(all(one == sorted(one) for one in taken), sorted(sum(taken, [])) == list(range(THREADS * TIMES)))
