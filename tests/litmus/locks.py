# `Lock`, `RLock`, `Condition`, `queue.Queue`, `queue.SimpleQueue`: as with the GIL: what is done under a lock is exact
from _race import TIMES, THREADS, race

import queue
import threading
lock, total, numbers = threading.Lock(), [0], queue.SimpleQueue()
def work(n):
    for i in range(TIMES):
        with lock:
            total[0] += 1
        numbers.put((n, i))
race(work)
print(total[0], len({numbers.get() for _ in range(THREADS * TIMES)}))
