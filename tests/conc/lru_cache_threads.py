# functools.lru_cache called by several threads: results stay right, the counts add up, the size stays in bounds.
import threading
from functools import lru_cache

def together(count, function):
    start = threading.Barrier(count)
    def run(n):
        start.wait()
        function(n)
    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for t in threads: t.start()
    for t in threads: t.join()

for size in (0, 1, 7, 100, None):
    @lru_cache(maxsize=size)
    def f(x, y=1):
        return x * 10 + y
    wrong = []
    def use(n):
        for i in range(2000):
            x = (i * (n + 3)) % 23
            if f(x) != x * 10 + 1 or f(x, y=n) != x * 10 + n:
                wrong.append(x)
    together(4, use)
    info = f.cache_info()
    limit = 23 * 5 if size is None else size
    print(size, wrong, info.hits + info.misses == 16000, info.currsize <= limit)

@lru_cache(maxsize=5)
def g(x):
    return -x
def mixed(n):
    for i in range(1500):
        assert g(i % 9) == -(i % 9)
        if n == 0 and i % 50 == 0:
            g.cache_clear()
together(4, mixed)
for i in range(20):
    g(i)
info = g.cache_info()
print(info.currsize, info.maxsize, [g(i) for i in range(15, 20)], g.cache_info().hits - info.hits)
